"""The designer of public forms: what it shows, what may be published, and by whom."""

from __future__ import annotations

from tests.web.pages.office import Office

URL = "/sources/website_form/form"


def posted(**more: object) -> dict[str, object]:
    """Return the designer's form as the browser posts it."""
    return {
        "order": ["name", "mobile", "need"],
        "need.mobile": "1",
        "title.en": "Ask us anything",
        "title.zh": "随时咨询",
        "submit.en": "Send",
        "thanks.en": "Thanks",
        "consent.en": "I agree that my details are kept and used to answer my request.",
        "consent.zh": "我同意保存并使用我填写的信息，用于答复本次咨询。",
        "consent_version": "2026-01",
        "consent_required": "1",
        "origins": "https://www.example.com/",
        "hue": "150",
        **more,
    }


def test_the_designer_shows_questions_preview_and_embed_code(office: Office) -> None:
    page = office.visitor("admin").get(URL).text

    assert "data-form=&#34;website_form&#34;" in page
    assert "embed=1" in page
    assert f'src="{URL}/preview"' in page
    assert 'name="order" value="mobile"' in page


def heading(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0]


def test_questions_move_and_nothing_is_published(office: Office) -> None:
    admin = office.visitor("admin")
    before = heading(admin.get(f"{URL}/preview").text)
    page = admin.post(URL, **posted(step="up:need")).text

    assert page.index('value="need"') < page.index('name="order" value="mobile"')
    assert heading(admin.get(f"{URL}/preview").text) == before


def test_the_preview_draws_what_stands_in_the_designer(office: Office) -> None:
    answer = office.visitor("admin").post(f"{URL}/preview", **posted())

    assert "Ask us anything" in answer.text
    assert "disabled" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_a_published_form_is_in_force_and_may_be_embedded_by_the_named_site_alone(
    office: Office,
) -> None:
    admin = office.visitor("admin")
    answer = admin.post(f"{URL}/publish", **posted())
    assert answer.status_code == 303, answer.text

    shown = office.nobody().get("/in/forms/website_form?embed=1")
    assert "Ask us anything" in shown.text
    assert 'name="company"' not in shown.text
    policy = shown.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.example.com" in policy
    assert "X-Frame-Options" not in shown.headers
    assert office.nobody().get("/login").headers["X-Frame-Options"] == "DENY"
    assert "150" in office.nobody().get("/in/forms/website_form/colour.css").text
    asked = {"Origin": "https://www.example.com"}
    allowed = office.nobody().options("/in/forms/website_form", headers=asked)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://www.example.com"
    stranger = office.nobody().options(
        "/in/forms/website_form", headers={"Origin": "https://evil.example"}
    )
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_a_new_consent_text_needs_a_new_version(office: Office) -> None:
    admin = office.visitor("admin")
    changed = {"consent.en": "I agree to everything.", "consent.zh": ""}
    refused = admin.post(f"{URL}/publish", **posted(**changed))

    assert refused.status_code == 422
    assert "give it a new version" in refused.text
    assert "I agree to everything." in refused.text
    assert (
        admin.post(f"{URL}/publish", **posted(**changed, consent_version="2026-02")).status_code
        == 303
    )


def test_what_is_no_site_or_no_address_is_refused_where_it_stands(office: Office) -> None:
    answer = office.visitor("admin").post(f"{URL}/publish", **posted(origins="example.com/path"))

    assert answer.status_code == 422
    assert "is no address of a site" in answer.text


def test_a_new_form_is_made_and_works_at_once(office: Office) -> None:
    admin = office.visitor("admin")
    named = {
        "label.en": "Autumn webinar",
        "label.zh": "秋季直播",
        "code": "Autumn Webinar",
        "class": "paid",
    }
    answer = admin.post("/sources/new", **named)

    assert answer.headers["Location"] == "/sources/autumn_webinar/form"
    assert "Autumn webinar" in office.nobody().get("/in/forms/autumn_webinar").text
    url = "/sources/autumn_webinar/form/publish"
    plain = {"order": ["name", "email"], "title.en": "Join us", "consent_required": "1"}
    consented = {**plain, "consent.en": "I agree.", "consent_version": "1"}
    for sent, asks in ((plain, False), (consented, True), (plain, False)):
        published = admin.post(url, **sent)
        assert published.status_code == 303, published.text
        shown = office.nobody().get("/in/forms/autumn_webinar").text
        assert "Join us" in shown
        assert ("I agree." in shown) is asks
    again = admin.post("/sources/new", **named)
    assert again.status_code == 422
    assert "This address is taken" in again.text
