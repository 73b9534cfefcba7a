"""Which language a text is in."""

import pytest

from extractors.pages.language import detect_language, primary_tag

TEXTS = {
    "en": "The foreign minister said on Monday that the talks would go on for another week.",
    "ru": "Министр иностранных дел заявил, что переговоры продолжатся на следующей неделе, и объявил дату.",
    "uk": "Міністр закордонних справ заявив, що переговори триватимуть і наступного тижня.",
    "be": "Міністр замежных спраў заявіў, што перамовы працягнуцца на наступным тыдні.",
    "bg": "Министърът на външните работи заяви, че преговорите ще продължат и следващата седмица.",
    "fa": "وزیر امور خارجه روز دوشنبه گفت که گفت‌وگوها هفتهٔ آینده ادامه می‌یابد.",
    "ar": "قال وزير الخارجية يوم الاثنين إن المحادثات ستستمر الأسبوع المقبل في العاصمة.",
    "ur": "وزیر خارجہ نے پیر کو کہا کہ مذاکرات اگلے ہفتے بھی جاری رہیں گے اور ٹیم روانہ ہوگی۔",
    "tr": "Dışişleri Bakanı pazartesi günü görüşmelerin gelecek hafta da süreceğini söyledi.",
    "az": "Xarici işlər naziri bazar ertəsi danışıqların gələn həftə də davam edəcəyini bildirdi.",
    "de": "Der Außenminister sagte am Montag, dass die Gespräche noch eine Woche weitergehen würden.",
    "fr": "Le ministre a déclaré lundi que les pourparlers se poursuivraient encore une semaine.",
    "he": "שר החוץ אמר ביום שני כי השיחות יימשכו גם בשבוע הבא.",
    "zh": "外交部长周一表示，会谈将持续到下周。",
    "ja": "外相は月曜日、協議が来週も続くと述べた。",
    "ko": "외교부 장관은 월요일 회담이 다음 주에도 계속될 것이라고 말했다.",
    "hy": "Արտգործնախարարը երկուշաբթի օրը հայտարարեց, որ բանակցությունները կշարունակվեն։",
}


@pytest.mark.parametrize("lang", TEXTS)
def test_a_sentence_is_enough(lang):
    assert detect_language(TEXTS[lang]) == lang


@pytest.mark.parametrize("lang", TEXTS)
def test_a_wrong_declaration_does_not_outweigh_the_text(lang):
    assert detect_language(TEXTS[lang], declared=("en-US" if lang != "en" else "de",)) == lang


def test_persian_typed_with_arabic_letters_is_persian():
    assert detect_language("وزير امور خارجه گفت كه اين مذاكرات ادامه دارد و نتيجه آن معلوم مي شود") == "fa"


def test_a_russian_text_that_quotes_ukrainian_is_russian():
    assert detect_language(TEXTS["ru"] + " " + TEXTS["ru"] + " «Переговори тривають», — сказал он.") == "ru"


def test_a_short_text_is_what_is_declared():
    assert detect_language("Live", declared=(None, "x", "fa-IR", "en-GB")) == "en"
    assert detect_language("2026", declared=("fa_IR",)) == "fa"


def test_a_short_text_that_nobody_declares_is_in_no_language():
    assert detect_language("Live") is None
    assert detect_language("") is None
    assert detect_language("2026 — 😀") is None


def test_a_declaration_tips_the_balance_between_close_languages():
    text = "Statsministeren sier at regjeringen vil fortsette samtalene i morgen."
    assert {detect_language(text, declared=("no",)), detect_language(text, declared=("nb-NO",))} == {"no"}


@pytest.mark.parametrize(
    ("tag", "primary"),
    [
        ("fa-IR", "fa"),
        ("fa_IR", "fa"),
        ("FAS", "fa"),
        ("iw", "he"),
        ("ckb", "ckb"),
        ("ru, en", None),
        ("english", None),
        ("", None),
        (None, None),
    ],
)
def test_the_primary_tag(tag, primary):
    assert primary_tag(tag) == primary


def test_a_declaration_that_frequent_words_bear_out_is_believed_and_one_they_contradict_is_not():
    text = "The ministers of the two countries met in the capital and said that they would not give up the talks by the end of the year."
    assert detect_language(text, declared=("en",)) == detect_language(text, declared=("de",)) == "en"
