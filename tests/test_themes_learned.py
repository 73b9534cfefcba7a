"""What is learned keeps its proof, reads back as it was written, and is the same whenever it is learned."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from extractors.errors import CodebookError
from extractors.themes.classifier import classify
from extractors.themes.codebook import load_codebook, shipped_codebook
from extractors.themes.features import read_features
from extractors.themes.judgement import ask
from extractors.themes.learned import BUCKETS, SHORT, Learned, pack, unpack
from extractors.themes.opinion import weigh_features
from extractors.themes.passages import read_passages
from training.texts import OWN_LABELS, LabelledText, read_folder

BOOK = shipped_codebook()
TITLE = "Envoys meet again"
TEXT = "It rained in Muscat. Iranian and American envoys exchanged drafts on a cap on enrichment. The mediator spoke of progress."


def opinion_of(title, text):
    passages = read_passages(title, text, "en", codebook=BOOK)
    return passages, weigh_features(read_features(passages, list(ask(passages, codebook=BOOK)), codebook=BOOK), BOOK.learned)


def test_what_was_learned_reads_back_as_it_was_written():
    weights = np.arange(BUCKETS * 2, dtype=np.int64).astype(np.int8).reshape(BUCKETS, 2)
    written = Learned(
        outputs=("a", "b"),
        thresholds=(0.25, 0.5),
        short_thresholds=(0.2, 0.5),
        biases=np.array([0.5, -1.25], np.float32),
        scales=np.array([0.5, 0.125], np.float32),
        weights=weights,
    )
    read = unpack(pack(written))
    assert (read.outputs, read.thresholds, read.short_thresholds) == (("a", "b"), (0.25, 0.5), (0.2, 0.5))
    for name in ("biases", "scales", "weights"):
        assert (getattr(read, name) == getattr(written, name)).all()


@pytest.mark.parametrize("data", [b"PK\x03\x04", pack(BOOK.learned)[:-20], b"trilateral themes 2\n{}\n", b"trilateral themes 3\n{}\n"])
def test_a_file_that_is_not_in_form_is_refused_with_a_reason(data):
    with pytest.raises(CodebookError, match=r"learned\.bin: "):
        unpack(data)


def test_what_was_learned_for_other_themes_is_refused():
    book = 'version = "0.0.1"\n[theme.a]\ntitle = "A"\ncarried = "a"\nnot_carried = "b"\n'
    book += '[[theme.a.cue]]\nid = "x"\nwords.en = "x"\nscore = 0.5\nexample.en = "x"\n[language.en]\nscript = "latin"\n'
    actors = "".join(f'[actor.{name}]\nen = "{name}"\n' for name in ("russia", "iran", "us"))
    with pytest.raises(CodebookError, match="learned for other themes"):
        load_codebook(book, actors, pack(BOOK.learned))


def test_the_shipped_file_is_small():
    assert len(pack(BOOK.learned)) < 5_000_000


def test_the_passages_parts_and_the_whole_texts_part_add_up_to_the_probability():
    passages, opinion = opinion_of(TITLE, TEXT)
    at = BOOK.learned.place("iran_nuclear_diplomacy")
    spoken = sum(opinion.spoken_for("iran_nuclear_diplomacy", passages=len(passages)))
    features = opinion.features
    whole = [owner for owner, passage in zip(features.owners, features.passages, strict=True) if passage < 0]
    rest = float((BOOK.learned.weights[features.buckets[whole], at] * features.values[whole]).sum() * BOOK.learned.scales[at])
    chance = 1 / (1 + np.exp(-(spoken + rest + float(BOOK.learned.biases[at]))))
    assert opinion.chance("iran_nuclear_diplomacy") == pytest.approx(chance, abs=1e-4)


def test_a_theme_stands_by_another_probability_in_a_text_of_few_words():
    few_only = {"thresholds": (1.1,) * len(BOOK.learned.outputs), "short_thresholds": (0.0,) * len(BOOK.learned.outputs)}
    stands = []
    for text in (TEXT, "It rained. " * SHORT):
        opinion = opinion_of(TITLE, text)[1]
        stands.append(replace(opinion, learned=replace(opinion.learned, **few_only)).stands("iran_nuclear_diplomacy"))
    assert stands == [True, False]


def test_a_theme_is_proved_by_the_sentence_that_speaks_for_it():
    found = classify(TITLE, TEXT, "en", codebook=BOOK)
    quotes = {(item.theme, TEXT[item.start : item.end]) for item in found.evidence if item.part == "text"}
    assert ("iran_nuclear_diplomacy", "Iranian and American envoys exchanged drafts on a cap on enrichment.") in quotes


def test_every_concept_has_words_in_nine_languages():
    nine = {"en", "ru", "uk", "fa", "ar", "tr", "fr", "de", "es"}
    concepts = {words.bit: words.name for words in BOOK.lists.values() if words.name.startswith("concept_")}
    spoken = {
        (bit, lang.tag)
        for lang in BOOK.languages
        for p in BOOK.vocabulary.phrases
        if p.languages & lang.bit
        for bit in concepts
        if p.lists & bit
    }
    assert [(name, tag) for bit, name in concepts.items() for tag in sorted(nine) if (bit, tag) not in spoken] == []


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Inspectors photographed the seals."),
        ("ru", "Инспекторы осмотрели пломбы."),
        ("fa", "بازرسان پلمب‌ها را دیدند."),
        ("ar", "وصل المفتشون إلى الموقع."),
        ("tr", "Müfettişler mühürleri inceledi."),
    ],
)
def test_a_concept_is_the_same_in_every_language(lang, said):
    (passage,) = read_passages("", said, lang, codebook=BOOK)
    assert passage.lists & BOOK.lists["concept_inspector"].bit


def test_labelled_texts_are_read_in_both_forms(tmp_path):
    row = {"id": "x", "lang": "en", "title": "T", "text": "Words.", "kind": "real"}
    labels = {"id": "x", "themes": ["world_order"], "dyads": {"us_iran": "mixed"}}
    shared, own = tmp_path / "shared", tmp_path / "own"
    for folder in (shared, own):
        folder.mkdir()
    (shared / "texts.jsonl").write_text(json.dumps(row) + "\n")
    (shared / "labels.jsonl").write_text(json.dumps(labels) + "\n")
    (own / "en.jsonl").write_text(json.dumps(row | labels | {"dyads": [{"dyad": "us_iran", "direction": "mixed"}]}) + "\n")
    expected = LabelledText(
        id="x",
        lang="en",
        kind="real",
        title="T",
        text="Words.",
        themes=frozenset({"world_order"}),
        dyads=(("us_iran", "mixed"),),
        story="x",
    )
    assert list(read_folder(shared)) == [expected]
    assert list(read_folder(own)) == [expected]


def test_a_labelled_passage_of_a_news_page_is_found_by_its_hash_and_no_other_is_read(tmp_path):
    said, rest = ("Envoys met. " * 40).strip(), ("Rain fell. " * 50).strip()
    case = {"html": "html/a.html.gz", "gold_title": "T", "gold_text": f"{said}\n\n{rest}\nshort line"}
    (tmp_path / "cases.jsonl").write_text(json.dumps(case) + "\n" + json.dumps(case | {"html": "html/b.html.gz"}) + "\n")
    row = {"sha256": hashlib.sha256(said.encode()).hexdigest(), "id": "L1", "page": "a.html.gz", "lang": "en", "kind": "news"}
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "own.jsonl").write_text(json.dumps(row | {"themes": ["world_order"], "dyads": {"us_iran": "mixed"}}) + "\n")
    assert list(read_folder(tmp_path, own=tmp_path / "labels")) == [
        LabelledText(
            id="L1",
            lang="en",
            kind="news",
            title="T",
            text=said,
            themes=frozenset({"world_order"}),
            dyads=(("us_iran", "mixed"),),
            story="a.html.gz",
        )
    ]


def test_the_projects_own_labels_name_each_passage_once_and_hold_none_of_its_words():
    rows = [json.loads(line) for file in sorted(OWN_LABELS.glob("*.jsonl")) for line in file.read_text().splitlines()]
    assert len({row["sha256"] for row in rows}) == len(rows) > 400
    assert {key for row in rows for key in row} == {"sha256", "id", "page", "lang", "kind", "themes", "dyads", "unsure"}


@pytest.mark.slow
def test_learning_twice_from_the_same_texts_writes_the_same_bytes():
    pytest.importorskip("sklearn", reason="the extra 'train' is not installed")
    from training.themes import learn, samples_of

    texts = list(samples_of(BOOK))[:120]
    assert pack(learn(texts, codebook=BOOK)) == pack(learn(texts, codebook=BOOK))
