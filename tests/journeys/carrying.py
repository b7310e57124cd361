"""Carrying a card over the board by mouse: picked up, held over a column, put down by `page.mouse.up()`."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def pick_up(page: Page, card: str) -> None:
    """Take a card in the hand."""
    source = page.locator(f"#card-{card}").bounding_box()
    assert source is not None
    page.mouse.move(source["x"] + 60, source["y"] + 70)
    page.mouse.down()
    page.mouse.move(source["x"] + 90, source["y"] + 80, steps=4)
    expect(page.locator(".card.held")).to_be_attached()


def hold_over(page: Page, column: str) -> None:
    """Carry what is in the hand to a column, until the column answers."""
    target = page.locator(f"#col-{column}").bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + 80, target["y"] + 220, steps=10)
    # The column says no, or makes room for the card, a moment later.
    there = f"[data-stage='{column}']"
    expect(page.locator(f"{there}[data-drop='no'], {there}:has(.ghost)").first).to_be_attached()


def drag(page: Page, card: str, column: str) -> None:
    """Carry a card to a column, once the page has fetched what it fetches by itself."""
    page.wait_for_load_state("networkidle")
    pick_up(page, card)
    hold_over(page, column)
