"""How large a file may be before it is refused, each with the reason for its size.

A file from outside may be broken or hostile; these keep memory and time bounded whatever it holds.
"""

from __future__ import annotations

HEAD_BYTES = 256 * 1024  # read to guess encoding, delimiter and header
FILE_BYTES = 2_000_000_000  # unpacked; one text column must stay below the 2 GiB that Arrow's offsets can count
UNPACK_RATIO = 200  # text shrinks 5–20 times when packed; a bomb thousands
UNPACK_FREE_BYTES = 50_000_000  # below this any ratio is harmless
LINE_BYTES = 16 * 1024 * 1024  # also the block the fast reader works in
CELL_CHARACTERS = 1_000_000  # HubSpot exports whole mails in a cell, up to some 180,000
COLUMNS = 4_000  # the widest export seen had 617
SHEET_BYTES = 1_200_000_000  # unpacked XML of a workbook; a million rows of ten columns are some 450 million
SHEET_CELLS = 30_000_000  # rows × columns between a sheet's first and last cell
SHEET_ENTRIES = 5_000  # files inside a workbook
HEADER_SEARCH_ROWS = 40  # Salesforce reports put some ten lines above the header
PREVIEW_ROWS = 10
REFUSALS_LISTED = 100_000  # listed one by one; the rest are counted
VALUE_CHARACTERS = 200  # of a refused value that is shown
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
