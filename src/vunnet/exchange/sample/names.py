"""Invented names. Companies are a place and a kind; nobody here exists, and every address ends in .example."""

from __future__ import annotations

from random import Random

PLACES = (
    "Åsane", "Fana", "Sotra", "Voss", "Nordnes", "Laksevåg", "Osterøy", "Minde", "Landås", "Fløyen", "Arna", "Stend", "Bønes", "Kokstad", "Rådal",
    "Sandviken", "Ytrebygda", "Loddefjord", "Kvam", "Hardanger", "Os", "Bjørnafjord", "Askøy", "Øygarden", "Lindås", "Stord", "Odda", "Sogndal",
    "Førde", "Florø", "Haugesund", "Karmøy", "Bryne", "Sandnes", "Egersund", "Flekkefjord", "Mandal", "Lillesand", "Grimstad", "Risør", "Kragerø",
    "Skien", "Larvik", "Tønsberg", "Horten", "Drammen", "Hønefoss", "Gol", "Ål", "Hemsedal", "Fagernes", "Gjøvik", "Hamar", "Elverum", "Røros",
    "Oppdal", "Støren", "Orkanger", "Stjørdal", "Steinkjer",
)  # fmt: skip
KINDS = {
    "borettslag": "Housing cooperative",
    "hotell": "Hotel",
    "skole": "School",
    "kommune": "Municipality",
    "meieri": "Industry",
    "bryggeri": "Industry",
    "idrettshall": "Sport",
    "sykehjem": "Health",
    "kjøpesenter": "Retail",
    "eiendom": "Property",
    "gartneri": "Industry",
    "menighet": "Parish",
    "kulturhus": "Culture",
    "barnehage": "School",
}
FIRST = (
    "Ingrid", "Per", "Geir", "Solveig", "Nora", "Jakob", "Emma", "Lucas", "Ella", "Noah", "Sofie", "Oskar", "Ida", "Henrik", "Astri", "Magnus",
    "Hedda", "Jonas", "Thea", "Sindre", "Frida", "Eirik", "Maja", "Torstein", "Live", "Håkon", "Synnøve", "Aksel", "Åse", "Øyvind", "Kari", "Bjørn",
)  # fmt: skip
LAST = (
    "Moe", "Aasen", "Nygård", "Berge", "Haugland", "Lie", "Solheim", "Dahl", "Bakken", "Strand", "Hagen", "Lunde", "Vik", "Myhre", "Tveit", "Sæther",
    "Fossum", "Rønning", "Ødegård", "Kvamme", "Iversen", "Grønn", "Hovland", "Eide", "Brekke", "Skaar", "Nesse", "Mæland", "Sunde", "Vågen",
)  # fmt: skip
SELLERS = (
    ("Astrid Lunde", "West"), ("Jonas Solheim", "West"), ("Maja Berg", "West"), ("Eirik Haugen", "West"), ("Sunniva Ore", "East"),
    ("Tor Fjeld", "East"), ("Linn Sande", "East"), ("Petter Dal", "East"), ("Vilde Aas", "North"), ("Mathias Rø", "North"),
    ("Oda Skog", "North"), ("Simen Vang", "North"),
)  # fmt: skip
TITLES = (
    "Chair",
    "Caretaker",
    "Managing director",
    "Head of operations",
    "Board member",
    "Finance manager",
    "Project manager",
)
CALLS = (
    "Asked about the drilling permit",
    "Went through the payback table",
    "Left a message",
    "They compare two other bids",
    "Agreed on a site visit",
)
MAILS = ("Sent references", "Sent the brochure", "Answered on noise levels", "Re: quote", "Sent the load calculation")
MEETINGS = ("Site visit with the caretaker", "Board meeting", "Went through the quote", "Kick-off on needs")
NOTES = (
    "Boiler room has space for two units.",
    "Decides at the general meeting.",
    "Prefers ground-source for the noise.",
    "The mains may be tight in January.",
)
STEPS = (
    "Call back",
    "Send quote",
    "Agree on visit",
    "Send references",
    "Follow up the quote",
    "Contract draft",
    "Mail the brochure",
)


def company_names(count: int, random: Random) -> tuple[list[str], list[str], list[str]]:
    """Names, industries and cities. The first pairs of place and kind once each; beyond them, numbered."""
    kinds = list(KINDS)
    pairs = [(place, kind) for place in PLACES for kind in kinds]
    order = random.sample(range(len(pairs)), len(pairs))
    chosen = [pairs[order[n % len(pairs)]] for n in range(count)]
    names = [
        f"{place} {kind}" + (f" {n // len(pairs) + 1}" if n >= len(pairs) else "")
        for n, (place, kind) in enumerate(chosen)
    ]
    return names, [KINDS[kind] for _place, kind in chosen], [place for place, _kind in chosen]


def domain(name: str) -> str:
    """A web domain that cannot exist."""
    folded = name.lower().translate({ord("å"): "a", ord("ø"): "o", ord("æ"): "ae", ord("–"): "-", ord(" "): "-"})
    return f"{folded}.example"
