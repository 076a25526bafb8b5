"""What a site repeats is learned from distinct pages, and a story's own paragraphs are not eaten."""

from __future__ import annotations

from scraper.extraction import Furniture, extract_document, learn_furniture, page_blocks, read_document
from scraper.extraction.blocks import block_hash
from scraper.models import Article

BOX = "Join more than nine thousand practitioners who get our weekly digest of practice, policy and law."
PEOPLE = ["Ada", "Bram", "Cleo", "Dov", "Esme", "Finn", "Gwen", "Hari", "Iris", "Jon"]


def opening(number: int) -> str:
    return f"{PEOPLE[number]} Marlow opened family hub {number} in Penmouth on Monday before four hundred and {number} people."


def page(number: int, *, teasers: tuple[int, ...] = (), middle: str = "", box: bool = True) -> str:
    stories = "".join(
        f'<div class="teaser"><h3><a href="/{other}">Hub {other} opens its doors in Penmouth</a></h3>'
        f"<p>{opening(other)}</p></div>"
        for other in teasers
    )
    return f"""<html><head><title>Hub {number} opens</title></head><body><div class="brand">Penmouth Post</div>
      <div class="story"><h1>Hub {number} opens</h1><p>{opening(number)}</p>
      <p>It took {number + 3} years to build, said {PEOPLE[number]}, and the neighbours were against it until last summer.</p>{middle}
      <p>The council will visit the other {number + 20} sites before it decides whether there will be any more of them.</p></div>
      {f"<p>{BOX}</p>" if box else ""}{stories}</body></html>"""


def take(pages: list[str]) -> tuple[list[Article], Furniture]:
    documents = [read_document(text, f"https://penmouth.example/{place}") for place, text in enumerate(pages)]
    furniture = learn_furniture("penmouth.example", [page_blocks(document) for document in documents])
    return [extract_document(document, furniture=furniture) for document in documents], furniture


def test_a_box_is_known_from_the_second_page_on() -> None:
    articles, furniture = take([page(0), page(1)])
    assert furniture.pages == 2
    assert furniture.is_repeated(block_hash(BOX))
    assert all(BOX not in article.text for article in articles)
    assert all(BOX in {lost.text for lost in article.removed} for article in articles)


def test_the_reason_of_a_removal_is_kept() -> None:
    articles, _ = take([page(0), page(1), page(2)])
    assert {lost.reason for lost in articles[0].removed if lost.text == BOX} == {
        "repeated on 3 pages of the site"
    }


def test_an_opening_stays_although_its_teasers_repeat_it() -> None:
    numbers = range(10)
    articles, _ = take(
        [
            page(number, teasers=tuple((number + step) % 10 for step in (1, 2, 3, 4, 5, 6)))
            for number in numbers
        ]
    )
    assert [opening(number) in articles[number].text for number in numbers] == [True] * 10
    assert not any(opening((number + 1) % 10) in articles[number].text for number in numbers)


def test_a_quotation_that_a_follow_up_repeats_stays_in_both() -> None:
    quotation = "“I have waited nineteen years for a door that I can knock on,” said Orla Finch, who fosters in Penmouth."
    articles, _ = take(
        [page(number, middle=f"<p>{quotation}</p>" if number in (2, 5) else "") for number in range(8)]
    )
    assert [quotation in article.text for article in articles] == [number in (2, 5) for number in range(8)]


def test_a_second_address_of_an_article_teaches_nothing() -> None:
    first, copy = (page_blocks(read_document(page(0))) for _ in range(2))
    known = Furniture(site="penmouth.example").learn(first)
    assert known.is_copy(copy)
    assert known.learn(copy) == known
    assert not known.is_copy(page_blocks(read_document(page(1))))


def test_learning_page_by_page_is_learning_all_at_once() -> None:
    pages = [page_blocks(read_document(page(number))) for number in range(5)]
    step = Furniture(site="penmouth.example")
    for blocks in pages:
        step = step.learn(blocks)
    assert step == learn_furniture("penmouth.example", pages)


def test_numbers_in_a_label_do_not_make_it_another_one() -> None:
    assert block_hash("3 comments") == block_hash("15  Comments")
    assert block_hash("The council closed 3 homes in 2019 and none since then") != block_hash(
        "The council closed 4 homes in 2019 and none since then"
    )


def test_a_line_of_two_stories_stays_between_their_paragraphs_while_few_pages_are_known() -> None:
    heading = "<div>Nobody knows what happens next in Penmouth.</div>"
    articles, furniture = take([page(0, middle=heading), page(1, middle=heading)])
    assert furniture.is_repeated(block_hash("Nobody knows what happens next in Penmouth."))
    assert all(
        "\nNobody knows what happens next in Penmouth.\nThe council will" in article.text
        for article in articles
    )
