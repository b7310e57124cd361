"""Somebody who never saw the studio makes an object with eight fields, a funnel, a deadline and a report, by clicks alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office

# A person needs two or three seconds for each of these, and has ten minutes for all of them.
MOST_STEPS = 130
FIELDS = (
    ("Machine", "text"), ("Size", "select"), ("Customer", "lookup"), ("Begins on", "date"),
    ("Price", "currency"), ("Insured", "boolean"), ("Condition", "rating"), ("Handed over by", "user"),
)  # fmt: skip


def nothing(what: str) -> None:
    """Tell nobody of a step."""


@dataclass
class Hands:
    """The hands of a person at a page: each click, choice and text is one step; `told` hears of every one."""

    page: Page
    told: Callable[[str], None] = nothing
    steps: int = 0

    def click(self, what: Locator) -> None:
        what.click()
        self._done(f"click {what}")

    def press(self, button: str) -> None:
        self.click(self.page.get_by_role("button", name=button, exact=True))

    def follow(self, link: str) -> None:
        self.click(self.page.get_by_role("link", name=link, exact=True).first)

    def write(self, where: Locator, text: str) -> None:
        where.press_sequentially(text)
        self._done(f"write {text}")

    def choose(self, where: Locator, value: str) -> None:
        where.select_option(value)
        self._done(f"choose {value}")

    def tick(self, box: Locator) -> None:
        box.check()
        self._done(f"tick {box}")

    def _done(self, what: str) -> None:
        self.steps += 1
        self.told(what)

    def into_force(self, button: str = "Put into force") -> None:
        """See the plan, and let it come into force."""
        self.press("See the plan")
        expect(self.page.get_by_role("heading", name="What this changes")).to_be_visible()
        self.press(button)
        expect(self.page.locator(".toast")).to_contain_text("is in force")


def make_the_object(hands: Hands) -> None:
    """An object for salespeople whose records go through stages."""
    page = hands.page
    hands.follow("Studio")
    hands.follow("New object")
    hands.write(page.get_by_label("Name in English"), "Rental")
    hands.choose(page.get_by_label("Salesperson · Create and edit"), "all")
    hands.click(page.get_by_text("Its records go through stages"))
    hands.into_force()


def add_the_fields(hands: Hands) -> None:
    """Eight fields of eight types."""
    page = hands.page
    hands.follow("New field")
    for label, kind in FIELDS:
        hands.write(page.get_by_label("Label · in English", exact=True), label)
        if kind != "text":
            hands.choose(page.get_by_label("Type"), kind)
        if kind == "select":
            for n, option in enumerate(("Small", "Middle", "Large")):
                hands.write(page.locator(f"#f-options-{n}-en"), option)
        if kind == "lookup":
            hands.choose(page.get_by_label("Links to the object"), "customer")
        last = label == FIELDS[-1][0]
        hands.into_force("Put into force" if last else "And add another")


def shape_the_funnel(hands: Hands) -> None:
    """Four stages in the words of the trade; nothing goes out without a customer."""
    page = hands.page
    hands.follow("Stages")
    for before, after in (("New", "Asked for"), ("In progress", "Out"), ("Done", "Back")):
        hands.follow(before)
        label = page.get_by_label("Label · in English", exact=True)
        label.fill("")
        hands.write(label, after)
        if after == "Out":
            hands.write(page.get_by_role("combobox", name="Filled before entering"), "Cust")
            hands.click(page.locator("[data-field='needs'] [role='option']").first)
        hands.into_force()


def set_the_deadline(hands: Hands) -> None:
    """Two days without activity: a reminder a day before, then it leaves its owner."""
    page = hands.page
    parts = page.get_by_role("navigation", name="Parts of the object")
    hands.click(parts.get_by_role("link", name="Rules"))
    hands.click(page.locator("summary", has_text="New rule"))
    hands.click(page.locator(".st-kinds a", has=page.get_by_text("Deadline", exact=True)))
    hands.write(page.get_by_label("Label · in English", exact=True), "Rentals are looked after")
    hands.choose(page.get_by_label("The clock starts with"), "owned_at")
    hands.choose(page.get_by_label("Done when this comes afterwards"), "last_activity_at")
    hands.write(page.get_by_role("textbox", name="Time allowed"), "2 days")
    reminders = page.locator("[data-field='remind']")
    hands.click(reminders.get_by_role("button", name="Add an entry"))
    hands.write(reminders.get_by_label("Before", exact=True), "1 day")
    hands.write(reminders.get_by_role("combobox", name="To whom"), "Own")
    hands.click(reminders.get_by_role("option", name="Owner", exact=True))
    hands.click(page.get_by_text("Away from its owner"))
    hands.into_force()


def draw_the_report(hands: Hands) -> None:
    """The funnel, month by month, and what it earns."""
    page = hands.page
    hands.follow("Reports")
    hands.follow("New report")
    hands.write(page.get_by_label("Name in English"), "Our rentals")
    hands.choose(page.get_by_label("Beside their number"), "price")
    hands.choose(page.get_by_label("Split by"), "size")
    hands.into_force()


def work_with_it(hands: Hands, customer: str) -> None:
    """A salesperson makes a record, moves it along the board, and looks at the report."""
    page = hands.page
    hands.follow("Rentals")
    hands.click(page.get_by_role("link", name="New rental").first)
    dialog = page.get_by_role("dialog")
    hands.write(dialog.get_by_label("Name"), "Excavator for a week")
    hands.write(dialog.get_by_label("Price"), "12000")
    hands.click(dialog.get_by_role("button", name="Create"))
    expect(page.locator("#rows")).to_contain_text("Excavator for a week")
    hands.follow("Board")
    page.locator(".card").hover()
    hands.click(page.get_by_role("button", name="Move Excavator for a week"))
    hands.click(page.get_by_role("menuitemradio", name="Out"))
    gate = page.get_by_role("dialog")
    hands.write(gate.get_by_role("combobox", name="Customer"), customer)
    hands.click(gate.get_by_role("option").first)
    hands.click(gate.get_by_role("button", name="Move to Out"))
    expect(page.locator("#col-doing")).to_contain_text("Excavator for a week")
    hands.follow("Dashboards")
    hands.press("Dashboards")
    hands.click(page.get_by_role("menuitemradio", name="Our rentals"))
    expect(page.locator(".chart", has_text="Funnel")).to_contain_text("Out")


def test_an_object_is_made_in_the_studio_and_worked_with_by_clicks_alone(
    tab: Tab, office: Office
) -> None:
    office.create("customer", name="Jingxin Machines", owner=office.people["li"])
    admin = Hands(tab("admin"))
    admin.page.set_default_timeout(60000)  # each step compiles the site, on a busy machine
    # The preview has tests of its own.
    admin.page.route("**/studio/preview/**", lambda route: route.fulfill(status=204))
    admin.page.goto("/")
    make_the_object(admin)
    add_the_fields(admin)
    shape_the_funnel(admin)
    set_the_deadline(admin)
    draw_the_report(admin)

    seller = Hands(tab("li"))
    seller.page.set_default_timeout(60000)
    seller.page.goto("/")
    work_with_it(seller, "Jing")

    model = office.site.model
    spec = model.objects["rental"]
    made = [(one.label.en, one.type.name) for one in spec.fields.values() if not one.system]
    rule = model.rules["rentals_are_looked_after"]
    assert made == [("Name", "text"), *FIELDS]
    assert rule.object_name == "rental"
    assert rule.written["remind"] == [{"before": "1 day", "to": "owner"}]
    assert rule.written["then"] == {"queue": True}
    assert list(model.reports)[-1] == "our_rentals"
    assert admin.steps + seller.steps <= MOST_STEPS
