"""The people of the demo company: departments, teams, roles, log-ins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fieldstone.actions.demo.teller import Teller

DEMO_MARK = "admin@example.com"  # the person by whom a filled database is known
PASSWORD = "fieldstone"  # noqa: S105 - the printed log-in of a demo database, never of a real one


@dataclass(frozen=True)
class Login:
    """A log-in to show: who, as what."""

    email: str
    name: str
    role: str


@dataclass(frozen=True)
class Staff:
    """Ids of people by what they do."""

    sellers: dict[str, list[str]]  # by team
    managers: list[str]
    head: str  # the administrator, by whom the demo is usually looked at
    marketers: list[str]
    agents: list[str]
    logins: tuple[Login, ...]

    @property
    def all_sellers(self) -> list[str]:
        """Return every salesperson."""
        return [person for team in self.sellers.values() for person in team]


DEPARTMENTS = {
    "company": ("晨光科技 Fieldstone Demo", None),
    "sales": ("销售部", "company"),
    "marketing": ("市场部", "company"),
    "service": ("客户服务部", "company"),
}
TEAMS = {
    "north": ("华北销售组", "sales", "north"),
    "east": ("华东销售组", "sales", "east"),
    "south": ("华南销售组", "sales", "south"),
    "care": ("客户支持组", "service", None),
}
PEOPLE = (
    ("admin", "林涛", "admin", "company", None, None, "系统管理员"),
    ("mei", "周梅", "sales_manager", "sales", "east", "east", "销售总监"),
    ("wang", "王磊", "sales_manager", "sales", "north", "north", "华北区经理"),
    ("li", "李娜", "sales", "sales", "east", "east", "客户经理"),
    ("chen", "陈思远", "sales", "sales", "east", "east", "客户经理"),
    ("zhao", "赵敏", "sales", "sales", "north", "north", "客户经理"),
    ("alex", "Alex Chen", "sales", "sales", "north", "north", "Account manager"),
    ("sun", "孙丽", "sales", "sales", "south", "south", "客户经理"),
    ("gao", "高翔", "sales", "sales", "south", "south", "客户经理"),
    ("he", "何俊", "marketing", "marketing", None, None, "市场经理"),
    ("wu", "吴静", "service", "service", "care", None, "客服专员"),
    ("carla", "Carla Jung", "service", "service", "care", None, "Support engineer"),
    ("liu", "刘洋", "service_manager", "service", "care", None, "客服主管"),
    ("guest", "张文博", "viewer", "company", None, None, "财务"),
)
LEADERS = {"north": "wang", "east": "mei", "south": "sun", "care": "liu"}


def hire(teller: Teller) -> Staff:
    """Make departments, teams and people, and give each a password."""
    departments = _departments(teller)
    teams = _teams(teller, departments)
    ids = _people(teller, departments, teams)
    for code, leader in LEADERS.items():
        teller.change("team", teams[code], {"leader": ids[leader]})
    return Staff(
        sellers={
            t: [ids[p[0]] for p in PEOPLE if p[4] == t and p[2] == "sales"]
            for t in ("north", "east", "south")
        },
        managers=[ids["mei"], ids["wang"]],
        head=ids["admin"],
        marketers=[ids["he"]],
        agents=[ids["wu"], ids["carla"], ids["liu"]],
        logins=logins(),
    )


def _departments(teller: Teller) -> dict[str, str]:
    ids: dict[str, str] = {}
    for code, (name, parent) in DEPARTMENTS.items():
        values = {"name": name, "code": code, "parent": ids.get(parent or "")}
        ids[code] = teller.create("department", [values])[0]
    return ids


def _teams(teller: Teller, departments: Mapping[str, str]) -> dict[str, str]:
    ids: dict[str, str] = {}
    for code, (name, department, region) in TEAMS.items():
        values = {
            "name": name,
            "code": code,
            "department": departments[department],
            "region": region,
        }
        ids[code] = teller.create("team", [values])[0]
    return ids


def _people(
    teller: Teller, departments: Mapping[str, str], teams: Mapping[str, str]
) -> dict[str, str]:
    ids: dict[str, str] = {}
    for code, name, role, department, team, region, title in PEOPLE:
        values: dict[str, object] = {
            "name": name,
            "email": f"{code}@example.com",
            "job_title": title,
            "roles": [role],
            "department": departments[department],
            "team": teams.get(team or ""),
            "region": region,
            "manager": ids.get("mei" if department == "sales" and code != "mei" else "admin"),
        }
        ids[code] = teller.create("user", [values])[0]
        teller.site.identity.set_password(ids[code], PASSWORD, teller.now)
    return ids


def logins() -> tuple[Login, ...]:
    """Return everybody who can sign in."""
    return tuple(Login(f"{p[0]}@example.com", p[1], p[2]) for p in PEOPLE)
