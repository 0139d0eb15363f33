"""An invented year and a half of a heat-pump company's sales, of any size, the same for the same seed.

What is true in it (`effects.py` holds the numbers, and nothing else in the generator depends on who or what a deal is):

* a referral wins more often, and so does a company that bought before;
* a larger amount wins less often; a second seller on the deal helps;
* two or more contacts in the first week help a little;
* in the last quarter, deals wait longer in "Quote sent" and fewer go on from there;
* deals close towards the ends of quarters, and fewer are opened in July and around Christmas.

What tempts and is not true: no seller, team, product, city or industry wins more often than another; deals that live longer
collect more contacts whether they are won or not; records begin with the year and a half, so early deals look like new customers.
"""

from vunnet.exchange.sample.year import DAYS_END, sample

__all__ = ["DAYS_END", "sample"]
