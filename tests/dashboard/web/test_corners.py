"""Where the map leaves room."""

from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.corners import Corner, empty_corners


def test_the_example_has_room_for_the_list_the_box_and_the_key(settings: ControlRoomFile) -> None:
    tiles = [(d.row, d.col) for d in settings.districts]
    assert empty_corners(tiles, 6, 10) == [Corner(3, 5, 3, 5), Corner(2, 7, 1, 3), Corner(0, 0, 2, 1)]


def test_corners_never_overlap_tiles_or_each_other() -> None:
    tiles = [(0, 0), (1, 1), (2, 2)]
    corners = empty_corners(tiles, 3, 3)
    cells = [(r, c) for k in corners for r in range(k.row, k.row + k.height) for c in range(k.col, k.col + k.width)]
    assert len(cells) == len(set(cells))
    assert not set(cells) & set(tiles)


def test_a_full_map_has_no_corner() -> None:
    assert empty_corners([(0, 0), (0, 1)], 1, 2) == []


def test_a_corner_says_itself_in_css() -> None:
    assert Corner(3, 5, 3, 5).css == "4 / 6 / span 3 / span 5"
