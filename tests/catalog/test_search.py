"""What a record is found by."""

from server.catalog import search


def test_every_part_counts_and_case_and_width_do_not() -> None:
    assert search.text_of("CUP-1", "陶瓷杯", "", more=["ＡＢ", "cup-1"]) == "cup-1\n陶瓷杯\nab"


def test_fragments_are_cut_at_blanks_and_the_longest_is_tried_first() -> None:
    assert search.terms(" 杯 CUP　cup 12 ") == ("cup", "12", "杯")


def test_a_text_fits_an_index_row_of_postgresql() -> None:
    text = search.text_of("𠮷" * 400, more=["𠮷1" * 200])

    assert len(text.encode()) <= 4 * search.MAX_LENGTH < 2600
