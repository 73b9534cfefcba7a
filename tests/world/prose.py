"""Invented news in three languages, told by a seed: the same seed tells the same story, two seeds never do.

Sentences are put together from whole phrases, so that they read as prose does and language detection, paragraph rules
and the classifier have real text before them. Nothing here is about anybody.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["en", "ru", "fa"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    """Phrases of one language: a sentence is opening + actor + deed + ending."""

    headline_actors: tuple[str, ...]
    headline_deeds: tuple[str, ...]
    openings: tuple[str, ...]
    actors: tuple[str, ...]
    deeds: tuple[str, ...]
    endings: tuple[str, ...]
    numbered: tuple[str, ...]  # with {number}: what makes a text unlike any other
    thematic: tuple[str, ...]  # what the codebook is looking for
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    names_of_places: tuple[str, ...]
    correction: str


_TONGUES: Mapping[Lang, _Tongue] = {
    "en": _Tongue(
        headline_actors=(
            "Harbour council",
            "River authority",
            "Mountain rescue service",
            "City library",
            "Ferry company",
            "Grain cooperative",
        ),
        headline_deeds=(
            "delays vote on the new line",
            "opens its books to inspectors",
            "asks neighbours for help",
            "moves to the old depot",
            "doubles winter crew",
        ),
        openings=(
            "On Tuesday morning",
            "After months of delay",
            "According to the minutes of the meeting",
            "To the surprise of many residents",
            "In the afternoon",
            "Shortly before the deadline",
        ),
        actors=(
            "the harbour council",
            "the chief engineer of the ferry company",
            "a spokeswoman for the river authority",
            "the deputy mayor",
            "the committee of the grain cooperative",
            "the owner of the shipyard",
        ),
        deeds=(
            "presented a plan for the rebuilding of the eastern pier",
            "refused to name the firms that had taken part in the tender",
            "promised that the bridge would be open to lorries before the first snow",
            "said that the money had already been set aside",
            "handed the keys of the warehouse to the new tenants",
            "explained why the night trains would stop at the smaller station",
        ),
        endings=(
            "and left the hall without answering questions.",
            "although three members had asked for more time.",
            "while fishermen waited outside with their own proposal.",
            "which had been the wish of the outlying villages for years.",
            "because the ice on the upper river is thinner than last year.",
            "but nobody would put a date to it.",
        ),
        numbered=(
            "The file carries the number {number} and can be read at the town hall until the end of the month.",
            "Counted together, {number} households signed the list that now lies with the clerk.",
            "The works are to cost {number} crowns, a little more than was planned in spring.",
        ),
        thematic=(
            "Iran and the United States will resume nuclear talks on limits to uranium enrichment, the foreign ministry in Tehran said.",
            "Washington imposed new sanctions on Russian oil exports, and Moscow called the sanctions illegal.",
            "Russia has delivered fighter jets to Iran under an arms contract, officials in Moscow said.",
        ),
        given_names=("Ann", "Rupert", "Imogen", "Lucas", "Martha", "Edwin"),
        family_names=("Marlowe", "Achterberg", "Fairweather", "Penhallow", "Quist", "Okafor"),
        names_of_places=("Eastmere", "Northquay", "Saltmarsh", "Harrowgate Bay"),
        correction="Correction: an earlier version of this article gave a wrong date for the meeting, which took place under number {number}.",
    ),
    "ru": _Tongue(
        headline_actors=(
            "Городской совет",
            "Речное управление",
            "Паромная компания",
            "Областная библиотека",
            "Рыбацкая артель",
            "Дорожная служба",
        ),
        headline_deeds=(
            "отложил решение о новой линии",
            "просит соседей о помощи",
            "переезжает в старое депо",
            "удваивает зимнюю бригаду",
            "открывает архив для проверки",
        ),
        openings=(
            "Во вторник утром",
            "После долгих споров",
            "Как следует из протокола заседания",
            "К удивлению многих жителей",
            "Во второй половине дня",
            "Незадолго до окончания срока",
        ),
        actors=(
            "главный инженер паромной компании",
            "представитель речного управления",
            "заместитель главы города",
            "председатель артели",
            "владелец верфи",
            "директор областной библиотеки",
        ),
        deeds=(
            "представил план восстановления восточного причала",
            "отказался назвать фирмы, которые участвовали в торгах",
            "пообещал открыть мост для грузовиков до первого снега",
            "сообщил, что деньги на это уже отложены",
            "передал ключи от склада новым арендаторам",
            "объяснил, почему ночные поезда будут останавливаться на малой станции",
        ),
        endings=(
            "и ушёл из зала, не ответив на вопросы.",
            "хотя трое участников просили дать им больше времени.",
            "пока рыбаки ждали на улице с собственным предложением.",
            "чего много лет добивались дальние деревни.",
            "потому что лёд в верховьях тоньше, чем год назад.",
            "но срока никто так и не назвал.",
        ),
        numbered=(
            "Дело получило номер {number}, и прочитать его можно в ратуше до конца месяца.",
            "Под списком, который лежит у секретаря, подписались {number} семей.",
            "Работы обойдутся в {number} крон, немного дороже, чем предполагали весной.",
        ),
        thematic=(
            "США ввели новые санкции против российской нефти, в Москве назвали санкции незаконными.",
            "Иран и США возобновят переговоры по ядерной программе и обогащению урана, сообщили в Тегеране.",
            "Россия поставила Ирану истребители по военному контракту, заявили в Москве.",
        ),
        given_names=("Анна", "Иван", "Мария", "Пётр", "Ольга", "Сергей"),
        family_names=("Соколенко", "Ветрова", "Заречная", "Лугинин", "Корабельников", "Тихая"),
        names_of_places=("Восточный Мыс", "Заречье", "Старая Гавань", "Солёное Озеро"),
        correction="Исправление: в прежней версии этой статьи была неверно указана дата заседания, прошедшего под номером {number}.",
    ),
    "fa": _Tongue(
        headline_actors=("شورای بندر", "اداره رودخانه", "شرکت کشتی‌رانی", "کتابخانه شهر", "تعاونی ماهیگیران", "سازمان راه‌ها"),
        headline_deeds=(
            "رأی‌گیری درباره خط تازه را عقب انداخت",
            "از همسایگان کمک می‌خواهد",
            "به انبار قدیمی می‌رود",
            "گروه زمستانی را دو برابر می‌کند",
            "بایگانی خود را باز می‌کند",
        ),
        openings=(
            "صبح سه‌شنبه",
            "پس از ماه‌ها تأخیر",
            "بر پایه صورت‌جلسه نشست",
            "در میان شگفتی بسیاری از ساکنان",
            "بعد از ظهر",
            "اندکی پیش از پایان مهلت",
        ),
        actors=(
            "سرمهندس شرکت کشتی‌رانی",
            "سخنگوی اداره رودخانه",
            "معاون شهردار",
            "رئیس تعاونی ماهیگیران",
            "صاحب کارخانه کشتی‌سازی",
            "مدیر کتابخانه شهر",
        ),
        deeds=(
            "طرح بازسازی اسکله شرقی را ارائه کرد",
            "از نام بردن شرکت‌های حاضر در مناقصه خودداری کرد",
            "قول داد که پل پیش از نخستین برف برای کامیون‌ها باز می‌شود",
            "گفت که پول این کار از پیش کنار گذاشته شده است",
            "کلیدهای انبار را به مستأجران تازه سپرد",
            "توضیح داد که چرا قطارهای شبانه در ایستگاه کوچک می‌ایستند",
        ),
        endings=(
            "و بی آن‌که به پرسش‌ها پاسخ دهد تالار را ترک کرد.",
            "هرچند سه نفر از اعضا زمان بیشتری خواسته بودند.",
            "در حالی که ماهیگیران با پیشنهاد خود بیرون منتظر بودند.",
            "کاری که روستاهای دوردست سال‌ها در پی آن بودند.",
            "زیرا یخ بالادست رودخانه از سال گذشته نازک‌تر است.",
            "اما هیچ‌کس تاریخی برای آن نگفت.",
        ),
        numbered=(
            "این پرونده شماره {number} را دارد و تا پایان ماه در شهرداری می‌توان آن را خواند.",
            "روی هم {number} خانوار فهرستی را که نزد منشی است امضا کردند.",
            "این کارها {number} کرون هزینه دارد که کمی بیش از برآورد بهار است.",
        ),
        thematic=(
            "آمریکا تحریم‌های تازه‌ای علیه نفت ایران اعمال کرد و تهران این تحریم‌ها را غیرقانونی خواند.",
            "ایران و آمریکا مذاکرات هسته‌ای درباره غنی‌سازی اورانیوم را از سر می‌گیرند.",
            "روسیه بر پایه قرارداد نظامی به ایران جنگنده تحویل داد.",
        ),
        given_names=("رضا", "مریم", "نسرین", "بهرام", "لیلا", "کاوه"),
        family_names=("دریایی", "کوهستانی", "بندری", "سپیدرود", "آبادانی", "ساحلی"),
        names_of_places=("بندر خاوری", "کرانه", "آبادی نو", "ساحل شمالی"),
        correction="تصحیح: در نسخه پیشین این گزارش تاریخ نشست شماره {number} نادرست آمده بود.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A told story: no markup, NFC."""

    title: str
    summary: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]


def tell(seed: str, *, lang: Lang, number: int) -> Prose:
    """Tell the story of a seed. `number` stands in title and text and tells it from every other."""
    chance = random.Random(seed)
    tongue = _TONGUES[lang]
    place = chance.choice(tongue.names_of_places)
    title = f"{chance.choice(tongue.headline_actors)} {chance.choice(tongue.headline_deeds)}: {place}, {number}"
    paragraphs = [[_sentence(tongue, chance) for _ in range(3)] for _ in range(chance.randint(4, 6))]
    chance.choice(paragraphs).append(chance.choice(tongue.numbered).format(number=number))
    paragraphs[1].insert(1, chance.choice(tongue.thematic))
    names = {f"{chance.choice(tongue.given_names)} {chance.choice(tongue.family_names)}" for _ in range(chance.randint(1, 2))}
    return Prose(
        title=title,
        summary=paragraphs[0][0],
        paragraphs=tuple(" ".join(sentences) for sentences in paragraphs),
        authors=tuple(sorted(names)),
    )


def correct(paragraphs: tuple[str, ...], *, lang: Lang, number: int) -> tuple[str, ...]:
    """What an editor leaves behind after a mistake: one paragraph more at the end."""
    return (*paragraphs, _TONGUES[lang].correction.format(number=number))


def _sentence(tongue: _Tongue, chance: random.Random) -> str:
    return " ".join(chance.choice(phrases) for phrases in (tongue.openings, tongue.actors, tongue.deeds, tongue.endings))
