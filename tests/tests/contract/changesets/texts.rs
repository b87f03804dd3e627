//! What stands in generated repositories.

/// Names of packages.
pub(super) const NAMES: [&str; 8] =
    ["shop", "@acme/shop", "shop.js", "@acme/shop_2", "it's-shop", "say-\"shop\"", "größe", "123"];

/// Versions that both read.
pub(super) const VERSIONS: [&str; 12] = [
    "1.3.0",
    "0.0.0",
    "0.3.0",
    "0.0.7",
    "10.20.30",
    "1.0.0-beta.3",
    "2.0.0-rc.0",
    "1.4.1-alpha",
    "3.0.0-0",
    "1.2.3+build.5",
    "1.2.3-beta.1+exp.sha",
    "1.10.0-next.12.x",
];

/// Summaries: paragraphs, lists, code, line ends, white space.
pub(super) const SUMMARIES: [&str; 18] = [
    "Carts are kept.",
    "",
    "Carts are kept.\n\nThey were lost when the window was closed.",
    "Carts are kept:\n\n- by name\n  - and by owner\n- by number\n",
    "Carts are kept.\n\n```js\nconst cart = keep({\n\tname: 'a',\n\n});\n```\n\nThat is all.",
    "Carts are kept.\r\n\r\nWith Windows line ends.\r\n",
    "Trailing spaces   \nin a line\t\n\n\n\nand empty lines.   ",
    "Größe, 日本語, 🦋 and \u{a0}odd\u{2003}spaces\u{3000}",
    "\"Quotes\" and 'quotes' and `code` and \\ and $1 and $&.",
    "# A heading\n\n## 9.9.9\n\ntext",
    "a\n---\nb\n---\nc",
    "---",
    "- A summary that is a list\n- of two",
    "    indented code first\n\ntext",
    "<details>\n<summary>More</summary>\n\nHidden.\n\n</details>",
    "Line one\rold Mac line\rends",
    "A line\u{2028}separator and a next\u{85}line",
    "Ends with a fence\n\n~~~\n\n~~~\n\n\n",
];

/// Changelogs that are there beforehand.
pub(super) const CHANGELOGS: [&str; 16] = [
    "",
    "\n",
    "# shop\n\n## 1.2.0\n\n### Minor Changes\n\n- abc1234: Old.\n",
    "# shop\r\n\r\n## 1.2.0\r\n\r\n### Minor Changes\r\n\r\n- abc1234: Old.\r\n",
    "## 1.2.0\n\n- Old.\n\n## 1.1.0\n\n- Older.\n",
    "# Changelog\n\nAll notable changes are told here.\n\n## [Unreleased]\n\n- soon\n\n## [1.2.0] - 2026-01-01\n\n- Old.\n",
    "# Changelog\n\n[![badge](https://img.example/b.svg)](https://example.com)\n\n## 1.2.0 (2026-01-01)\n\n- Old.\n",
    "<!-- kept by hand -->\n# Changelog\n\n### 1.2.0\n\n- Old.\n\n### 1.1\n",
    "# Changelog",
    "# Changelog\n",
    "Changelog\n=========\n\n1.2.0\n-----\n\n- Old.\n",
    "\u{feff}# shop\n\n## 1.2.0\n",
    "# 1.2.0\n\n- a version on the first line\n",
    "####### 1.2.0\n\n- seven signs\n\n###### 1.1.0",
    "#\n\n1.2.0 after a sign and empty lines\n\n##\t1.1.0\n",
    "# shop\r\rold Mac lines\r\r## 1.2.0\r\r- Old.\r",
];

/// Configurations that the real one takes as embark does.
pub(super) const CONFIGS: [&str; 10] = [
    "{}",
    "{ \"changelog\": false }\n",
    "{ \"changelog\": \"@changesets/cli/changelog\", \"baseBranch\": \"trunk\", \"access\": \"public\" }",
    "{ \"format\": false, \"commit\": false }",
    "{ \"commit\": true }",
    "{ \"commit\": [\"@changesets/cli/commit\", { \"skipCI\": \"add\" }], \"format\": \"auto\" }",
    "{\n\t\"$schema\": \"https://schemas.example/changesets.json\",\n\t\"changelog\": [\"@changesets/changelog-git\", null],\n\t\"fixed\": [],\n\t\"linked\": [],\n\t\"ignore\": [],\n\t\"updateInternalDependencies\": \"minor\"\n}\n",
    "{ \"unknown\": { \"version\": 1 }, \"snapshot\": { \"useCalculatedVersion\": true } }",
    "{ \"ignore\": [\"NAME\"] }",
    "{ \"fixed\": [[\"NAME\"]], \"changedFilePatterns\": [\"src/**\"] }",
];

/// Configurations of private packages that say whether these have versions.
pub(super) const PRIVATE: [&str; 4] = [
    "{ \"privatePackages\": { \"version\": true, \"tag\": true } }",
    "{ \"privatePackages\": true }",
    "{ \"privatePackages\": false }",
    "{ \"privatePackages\": { \"version\": false } }",
];

/// Files that are no changesets, most of them in the folder of these.
pub(super) const OTHERS: [(&str, &str); 10] = [
    (".changeset/README.md", "# Changesets\n"),
    (".changeset/readme.md", "no front matter\n"),
    (".changeset/AGENTS.md", "---\nrole: any\n---\n"),
    (".changeset/.hidden.md", "---\nother: big\n---\n"),
    (".changeset/notes.txt", "---\nother: minor\n---\n"),
    (".changeset/pre/CLAUDE.md", "none\n"),
    (".changeset/archive/old.md", "---\nother: major\n---\n\nOld\n"),
    (".changeset/UPPER.MD", "none\n"),
    ("pnpm-workspace.yaml", "onlyBuiltDependencies:\n  - esbuild\n"),
    ("package-lock.json", "{}\n"),
];

/// What is broken, by file; `ID` is a changeset of its own.
pub(super) const BROKEN: [(&str, &str); 33] = [
    ("ID", ""),
    ("ID", " \n\n"),
    ("ID", "Carts are kept.\n"),
    ("ID", "---\n\"NAME\": minor\n"),
    ("ID", "---\n\"NAME\": minor\n----\n\nText\n"),
    ("ID", "--- \"NAME\": minor ---\n"),
    ("ID", "---\n\"other\": minor\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": minor\n\"@acme/other\": patch\n---\n\nText\n"),
    ("ID", "---\n\"NAME \": minor\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": big\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": Minor\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": \"minor \"\n---\n\nText\n"),
    ("ID", "---\n\"NAME\":\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": 1\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": true\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": [minor]\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": { bump: minor }\n---\n\nText\n"),
    ("ID", "---\n- \"NAME\"\n---\n\nText\n"),
    ("ID", "---\nNAME\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": minor\n\"NAME\": patch\n---\n\nText\n"),
    ("ID", "---\n\"NAME: minor\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": minor: patch\n---\n\nText\n"),
    ("ID", "---\n\"\": minor\n---\n\nText\n"),
    ("ID", "---\n\" \": patch\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": minor\n...\n\"NAME\": patch\n---\n\nText\n"),
    ("ID", "---\n<<: { \"NAME\": minor }\n---\n\nText\n"),
    ("ID", "---\n\"NAME\": *bump\n---\n\nText\n"),
    (".changeset/config.json", "{ \"changelog\": false, }\n"),
    (".changeset/config.json", "{ \"changelog\": \"./not-there.js\" }\n"),
    (".changeset/config.json", "{ \"changelog\": 5 }\n"),
    (".changeset/config.json", "{ \"changelog\": null }\n"),
    (".changeset/pre.json", "{ \"mode\": \"pre\", \"tag\": \"beta\" "),
    ("package.json", "{ \"name\": \"NAME\", \"version\": \"1.0.0\", }\n"),
];
