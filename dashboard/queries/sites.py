"""Session sites of each district that has some, out of one service day as known. Read-only."""

from dashboard.doses.sites import DistrictSites, sites_of
from dashboard.queries.figures_known import DayView
from dashboard.settings import ControlRoomFile


def sites(view: DayView, settings: ControlRoomFile) -> list[DistrictSites]:
    """The districts of config.yaml that have sites, by name, each with its sites in the order of config.yaml."""
    with_sites = sorted((district for district in settings.districts if district.sites), key=lambda one: one.name)
    return [
        sites_of(
            (str(district.code), district.name),
            [(f"{district.code}/{site.key}", site.name, site.target) for site in district.sites],
            view.chosen,
        )
        for district in with_sites
    ]
