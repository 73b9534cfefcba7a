"""How months are called in the languages of the feeds, and the Persian solar calendar.

Refuses the Islamic lunar calendar: its months begin by sighting, so no date in it can be placed to the day.
"""

from __future__ import annotations

from datetime import date

# Twelve rows a table, one for each month; a word may stand in one row only.
_LATIN_AND_CYRILLIC = """
january jan | января январь янв | січня січень січ | ocak oca | januar jänner jän | janvier janv | enero ene | gennaio gen
february feb | февраля февраль фев февр | лютого лютий лют | şubat şub | februar | février févr fév | febrero | febbraio
march mar | марта март мар | березня березень бер | mart | märz mär mrz | mars | marzo
april apr | апреля апрель апр | квітня квітень квіт кві | nisan nis | avril avr | abril abr | aprile
may | мая май | травня травень трав тра | mayıs | mai | mayo | maggio mag
june jun | июня июнь июн | червня червень черв чер | haziran haz | juni | juin | junio | giugno giu
july jul | июля июль июл | липня липень лип | temmuz tem | juli | juillet juil | julio | luglio lug
august aug | августа август авг | серпня серпень серп сер | ağustos ağu | août aoû | agosto ago
september sep sept | сентября сентябрь сен сент | вересня вересень вер | eylül eyl | septembre | septiembre | settembre set
october oct | октября октябрь окт | жовтня жовтень жовт жов | ekim eki | oktober okt | octobre | octubre | ottobre ott
november nov | ноября ноябрь ноя нояб | листопада листопад лист лис | kasım kas | novembre | noviembre
december dec | декабря декабрь дек | грудня грудень груд гру | aralık ara | dezember dez | décembre déc | diciembre dic | dicembre
"""
_PERSIAN_AND_ARABIC = """
ژانویه | يناير جانفي كانون-الثاني
فوریه | فبراير فيفري شباط
مارس | آذار
آوریل | أبريل أفريل نيسان
مه می | مايو ماي أيار
ژوئن | يونيو يونيه جوان حزيران
ژوئیه جولای | يوليو يوليه جويلية تموز
اوت آگوست | أغسطس أوت آب
سپتامبر | سبتمبر أيلول
اکتبر | أكتوبر تشرين-الأول
نوامبر | نوفمبر تشرين-الثاني
دسامبر | ديسمبر كانون-الأول
"""
_HEBREW_AND_CAUCASIAN = """
ינואר בינואר | հունվար հունվարի | იანვარი იან | yanvar
פברואר בפברואר | փետրվար փետրվարի | თებერვალი თებ | fevral
מרץ במרץ | մարտ մարտի | მარტი მარ | mart
אפריל באפריל | ապրիլ ապրիլի | აპრილი აპრ | aprel
מאי במאי | մայիս մայիսի | მაისი მაი | may
יוני ביוני | հունիս հունիսի | ივნისი ივნ | iyun
יולי ביולי | հուլիս հուլիսի | ივლისი ივლ | iyul
אוגוסט באוגוסט | օգոստոս օգոստոսի | აგვისტო აგვ | avqust
ספטמבר בספטמבר | սեպտեմբեր սեպտեմբերի | სექტემბერი სექ | sentyabr
אוקטובר באוקטובר | հոկտեմբեր հոկտեմբերի | ოქტომბერი ოქტ | oktyabr
נובמבר בנובמבר | նոյեմբեր նոյեմբերի | ნოემბერი ნოე | noyabr
דצמבר בדצמבר | դեկտեմբեր դեկտեմբերի | დეკემბერი დეკ | dekabr
"""
_JALALI = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند"
_AFGHAN = "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت"  # the same months in Dari and Pashto

# Persian is typed with Arabic letters as often as with its own, and the other way round.
_ONE_SPELLING = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ه", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ı": "i", "\u0307": None})


def _spell(name: str) -> str:
    return name.lower().translate(_ONE_SPELLING).replace("-", " ")


_MONTHS = {
    _spell(name): place
    for table in (_LATIN_AND_CYRILLIC, _PERSIAN_AND_ARABIC, _HEBREW_AND_CAUCASIAN)
    for place, row in enumerate(table.strip().splitlines(), 1)
    for name in row.replace("|", " ").split()
}
_JALALI_MONTHS = {_spell(name): place for names in (_JALALI, _AFGHAN) for place, name in enumerate(names.split(), 1)}


def month_of(name: str) -> int | None:
    """Find the number of a Gregorian month by its name in one of the feeds' languages; case and a final dot do not matter."""
    return _MONTHS.get(_spell(name.rstrip(".")))


def jalali_month_of(name: str) -> int | None:
    """Find the number of a month of the Persian solar calendar by its Persian name."""
    return _JALALI_MONTHS.get(_spell(name))


def jalali_to_gregorian(year: int, month: int, day: int) -> date | None:
    """Convert a day of the Persian solar calendar, by the 33-year cycle (right for 1178-1633); None where it has no such day."""
    if not (1178 <= year <= 1633 and 1 <= month <= 12 and 1 <= day <= _days_in(year, month)):
        return None
    past_months = (month - 1) * 31 - max(0, month - 7)
    # 1 Farvardin 1400 is 21 March 2021. Within a cycle of 33 years, 8 are leap.
    days = 365 * (year - 1400) + _leaps_before(year) - _leaps_before(1400) + past_months + day - 1
    return date.fromordinal(date(2021, 3, 21).toordinal() + days)


def _is_leap(year: int) -> bool:
    return year % 33 in {1, 5, 9, 13, 17, 22, 26, 30}


def _leaps_before(year: int) -> int:
    whole, rest = divmod(year, 33)
    return whole * 8 + sum(_is_leap(place) for place in range(rest))


def _days_in(year: int, month: int) -> int:
    if month <= 6:
        return 31
    return 30 if month < 12 or _is_leap(year) else 29
