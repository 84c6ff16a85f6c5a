"""Cards to read and write: realistic ones and odd ones, each in the ways in which files differ."""

from __future__ import annotations

BLOCKS = {
    "one key": "license: mit\n",
    "a comment at the end of a line": "license: mit  # as agreed\n",
    "comments between keys": "# what it is\nlicense: mit\n\n  # indented\ntags: [a]\n# the end\n",
    "a comment that looks like a key": "# license: gpl\nlicense: mit\n#tags: [x]\n",
    "block lists": "tags:\n- a\n- b\nlanguage:\n- en\n- de\n",
    "indented block lists": "tags:\n  - a\n  - b\nlanguage:\n    - en\n",
    "comments in a list": "tags:\n  - a   # first\n  # between\n  -   b\nlicense: mit\n",
    "flow lists": "tags: [a, 'b', \"c\"]\nmetrics: [ f1 ,accuracy ]\n",
    "flow lists over lines": "tags: [a,\n  b,  # why\n  c\n  ]\nlicense: mit\n",
    "flow mappings": "widget: {text: hi, n: 1}\nlicense: mit\n",
    "single quotes": "title: 'it''s'\nlicense: 'mit'\n",
    "double quotes": 'title: "a\\tb \\u00e9 \\"q\\""\nlicense: "mit"\n',
    "quoted keys": "'license': mit\n\"tags\": [a]\n",
    "keys with spaces and signs": "my key: 1\na.b/c-d: 2\nlicense: mit\n",
    "a literal text": "notes: |\n  # kept\n  lines\n\n  more\nlicense: mit\n",
    "a literal text without its end": "notes: |-\n  one\n  two\nlicense: mit\n",
    "a literal text with all its ends": "notes: |+\n  one\n\n\nlicense: mit\n",
    "a literal text with an indent": "notes: |2\n    deep\n  flat\nlicense: mit\n",
    "a folded text": "notes: >-\n  folded\n  words\n\n  and more\nlicense: mit\n",
    "a long plain text over lines": "notes: one\n  two\n  three\nlicense: mit\n",
    "a quoted text over lines": 'notes: "one\n  two"\nlicense: mit\n',
    "nothing as a value": "license:\nlanguage: null\ntags: ~\n",
    "nothing at the end": "license: mit\ntags:\n",
    "language: no": "language: no\nlicense: mit\n",
    "languages with no": "language:\n- no\n- en\n- 'on'\n",
    "words of truth": "a: yes\nb: No\nc: ON\nd: off\ne: y\nf: true\ng: FALSE\n",
    "numbers": "a: 1\nb: -2.5\nc: +3\nd: .5\ne: 1.\nf: 1e3\ng: 1.5e+10\nh: 010\ni: 0x1F\nj: 0o17\nk: 1_000\n",
    "a number of many digits": "a: 123456789012345678901234567890\n",
    "infinities": "a: .inf\nb: -.INF\n",
    "versions": "sdk_version: 4.0\npython_version: '3.10'\nversion: 1.2.3\n",
    "dates and times": "date: 2024-05-01\nat: 2024-05-01T10:00:00Z\nhour: 12:30:45\n",
    "spaces at the ends of lines": "license: mit   \ntags:  \n- a  \n  \nlanguage: en \n",
    "spaces before values": "license:      mit\ntags:\n-     a\n",
    "tabs after values": "license: mit\t\ntags:\t[a]\n",
    "a tab in a text": "title: 'a\tb'\n",
    "empty lines": "\n\nlicense: mit\n\n\ntags: [a]\n\n\n",
    "unicode": "title: Größe 模型\ntags: [日本語, 'ру́сский', עברית]\n",
    "emoji": "title: Dog 🐶\nemoji: 🦮\ncolorFrom: blue\n",
    "emoji as escapes": 'emoji: "\\U0001F9AE"\n',
    "separators of lines in quotes": "title: 'a\u2028b'\n",
    "words that are twice": "tags: [a, a]\nlicense: license\ntitle: license\n",
    "a key like another": "tag: a\ntags: [a]\nTags: [b]\n",
    "a colon in a text": "title: 'a: b'\nurl: https://example.org/x:y#z\n",
    "hash signs in texts": "title: C#\nurl: a#b\nname: '# no comment'\n",
    "signs at the beginning": "a: '*x'\nb: '&y'\nc: '!z'\nd: '%e'\ne: '@f'\nf: '`g'\n",
    "dashes in a text": "title: a --- b\nrule: '---'\n",
    "deep": "a:\n  b:\n    c:\n    - d:\n        e: [1, {f: g}]\nlicense: mit\n",
    "an indented block": "  license: mit\n  tags: [a]\n",
    "an indented block with comments": "  # what\n  license: mit\n  tags:\n    - a\n",
    "a list of mappings": "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n",
    "a data set": (
        "annotations_creators:\n- expert-generated\nlanguage:\n- en\nlicense: cc-by-4.0\nmultilinguality:\n"
        "- monolingual\n"
        "pretty_name: Cats vs. Dogs\nsize_categories:\n- 10K<n<100K\nsource_datasets:\n- original\ntask_categories:\n"
        "- image-classification\ntrain-eval-index:\n- config: default\n  task: image-classification\n  splits:\n"
        "    train_split: train\n    eval_split: test\n  col_mapping:\n    image: image\n    label: target\n"
        "dataset_info:\n  features:\n  - name: image\n    dtype: image\n  splits:\n  - name: train\n"
        "    num_bytes: 1234\n"
    ),
    "a space": (
        "title: Digits\nemoji: 🔢\ncolorFrom: red\ncolorTo: gray\nsdk: gradio\nsdk_version: 4.36.1\napp_file: app.py\n"
        "pinned: false\nlicense: mit\nmodels:\n- me/digits\nhf_oauth: true\n"
    ),
    "a model": (
        "language:\n- multilingual\n- en\nlicense: other\nlicense_name: my-license\nlicense_link: LICENSE.md\n"
        "library_name: transformers\npipeline_tag: text-generation\nbase_model:\n- me/base\n"
        "base_model_relation: finetune\n"
        "datasets:\n- me/data\nmetrics:\n- accuracy\ntags:\n- arxiv:2304.12244\n- 7b\n"
        "thumbnail: https://example.org/a.png\n"
        'widget:\n- text: "What is this?"\n  example_title: Question\ninference:\n  parameters:\n    temperature: 0.7\n'
        'co2_eq_emissions:\n  emissions: 12.3\n  source: "a meter"\n'
    ),
    "a model index": (
        "model-index:\n- name: digits\n  results:\n  - task: {type: image-classification}\n    dataset:\n"
        "      name: Digits\n      type: digits\n    metrics:\n    - type: accuracy\n      value: 0.97\n"
    ),
    "a model index with everything": (
        "model-index:\n- name: wav\n  results:\n  - task:\n      name: Speech Recognition\n"
        "      type: automatic-speech-recognition\n    dataset:\n      name: Common Voice (fr)\n"
        "      type: common_voice\n"
        "      config: fr\n      split: test\n      revision: abc123\n      args: {language: fr}\n    metrics:\n"
        "    - name: Test WER\n      type: wer\n      value: 20.0 ± 1.2\n      args: {max_order: 4}\n      config: x\n"
        "      verified: true\n      verifyToken: eyJ\n    source:\n      name: Leaderboard\n"
        "      url: https://example.org\n"
    ),
    "a model index of two models": (
        "model-index:\n- name: small\n  results:\n  - task: {type: t}\n    dataset: {name: D, type: d}\n"
        "    metrics: [{type: m, value: 1}]\n- name: large\n  results:\n  - task: {type: t}\n"
        "    dataset: {name: D, type: d}\n    metrics: [{type: m, value: 2}]\n"
    ),
    "a model index with more than is known": (
        "model-index:\n- name: m\n  note: ours\n  results:\n  - task: {type: t, id: 7}\n"
        "    dataset: {name: D, type: d, args: fr}\n"
        "    metrics:\n    - type: m\n      value: 1\n      stderr: 0.1\n    - type: m\n      value: 2\n"
    ),
    "a model index without results": "model-index:\n- name: m\n  results: []\n",
    "a model index that is none": "model-index: mine\nlicense: mit\n",
    "a model index that lacks names": "model-index:\n- results:\n  - metrics:\n    - value: 1\n",
    "an empty model index": "model-index: []\nlicense: mit\n",
    "a name beside a model index": (
        "model_name: A\nmodel-index:\n- name: B\n  results:\n  - task: {type: t}\n    dataset: {name: D, type: d}\n"
        "    metrics: [{type: m, value: 1}]\n"
    ),
    "a long model index": "model-index:\n- name: many\n  results:\n"
    + "".join(
        f"  - task:\n      type: retrieval\n    dataset:\n      type: mteb/d{n}\n      name: MTEB D{n}\n"
        f"      config: default\n"
        f"      split: test\n      revision: {n:040x}\n    metrics:\n    - type: ndcg_at_10\n      value: {n / 7}\n"
        f"    - type: map\n      value: {n}\n"
        for n in range(60)
    ),
    "names of methods": "get: 1\npop: 2\nself: 3\nto_dict: 4\n_values: 5\nignore_metadata_errors: true\n",
    "a long line": f"title: {'word ' * 2000}end\n",
    "many keys": "".join(f"key_{n}: {n}\n" for n in range(300)),
}

TEXTS = {
    "a title": "# Title\n",
    "nothing": "",
    "no end of the last line": "# Title\n\nlast",
    "rules": "\ntext\n---\nmore: text\n---\n\n***\n",
    "code with rules": "# Use\n\n```yaml\n---\nlicense: gpl\n---\n```\n",
    "comments": "<!-- keep -->\n# Title\n<!--\n---\nlicense: x\n---\n-->\n",
    "templates": "{{ 7 * 7 }} {% for x in y %}{{ x }}{% endfor %} {# no #}\n",
    "odd characters": "Ünï\u2028cødé 😀\x0c\ttab  \n\n\n",
}

WITHOUT_A_BLOCK = {
    "nothing at all": "",
    "only text": "# Only text\n\nwith a rule\n\n---\n\nand more\n",
    "a fence that never closes": "---\nlicense: mit\n\n# Title\n",
    "four dashes": "----\nlicense: mit\n----\ntext\n",
    "a fence with a word": "--- yaml\nlicense: mit\n---\n",
    "two dashes": "--\nlicense: mit\n--\n",
    "text above the fence": "text\n---\nlicense: mit\n---\n",
    "a title between rules": "# Title\n---\n",
    "a fence and nothing": "---",
    "a comment above the fence": "<!-- x -->\n---\nlicense: mit\n---\n",
}

ODD_FENCES = {
    "an empty block": "---\n---\ntext\n",
    "a block of an empty line": "---\n\n---\ntext\n",
    "a block of comments": "---\n# nothing yet\n\n---\ntext\n",
    "white space above": "\n\n  ---\nlicense: mit\n---\ntext\n",
    "spaces after the fences": "---  \nlicense: mit\n---\t \ntext\n",
    "no line end at the end": "---\nlicense: mit\n---",
    "line ends of both kinds": "---\nlicense: mit\r\ntags: [a]\n---\r\n# Title\ntext\r\n",
    "line ends of the other kind in the block": "---\r\nlicense: mit\n---\r\ntext\n",
    "a text right below": "---\nlicense: mit\n---\ntext",
    "a form feed above": "\x0c---\nlicense: mit\n---\ntext\n",
}


def _cards() -> dict[str, str]:
    texts = list(TEXTS.values())
    cards = {f"{name}": f"---\n{block}---\n{texts[n % len(texts)]}" for n, (name, block) in enumerate(BLOCKS.items())}
    cards |= {f"{name} below": f"---\nlicense: mit\n---\n{text}" for name, text in TEXTS.items()}
    cards |= {f"{name}, with other line ends": card.replace("\n", "\r\n") for name, card in list(cards.items())}
    cards |= {f"{name}, with a byte order mark": f"\ufeff---\n{block}---\n# T\n" for name, block in BLOCKS.items()}
    return cards | ODD_FENCES | WITHOUT_A_BLOCK


CARDS = _cards()
"""Every card by its name."""
