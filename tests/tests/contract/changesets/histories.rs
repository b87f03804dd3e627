//! What becomes of changesets between the day they are written and the release.

use super::moved::text;
use super::repository::Repository;

type History = (&'static str, fn(&mut Repository));

const A: &str = ".changeset/a.md";
const B: &str = ".changeset/b.md";

/// Each with its name.
pub(super) const HISTORIES: [History; 20] = [
    ("moved as it is", |it| {
        it.add(A, &text(1));
        it.rename(A, B);
        it.commit("Move");
    }),
    ("moved twice, and mended between", |it| {
        it.add(A, &text(1));
        it.rename(A, B);
        it.commit("Move");
        it.add(B, &(text(1) + "More.\n"));
        it.rename(B, ".changeset/pre/b.md");
        it.commit("Move again");
    }),
    ("moved and mended in one commit", |it| {
        it.add(A, &text(1));
        it.remove(A);
        it.add(B, &(text(1) + "More.\n"));
    }),
    ("moved and written anew in one commit", |it| {
        it.add(A, &text(1));
        it.remove(A);
        it.add(B, "---\nshop: major\n---\n\nNothing is as it was, and all of it is told in other words here.\n");
    }),
    ("mended later", |it| {
        it.add(A, &text(1));
        it.add(A, &text(2));
    }),
    ("taken away and written again", |it| {
        it.add(A, &text(1));
        it.remove(A);
        it.commit("Away");
        it.add(A, &text(1));
    }),
    ("copied", |it| {
        it.add(A, &text(1));
        it.add(B, &text(1));
    }),
    ("copied, and the first one moved at once", |it| {
        it.add(A, &text(1));
        it.write(B, &text(1));
        it.rename(A, ".changeset/c.md");
        it.commit("Both");
    }),
    ("another one comes as one goes", |it| {
        it.add(A, "---\n\"shop\": minor\n---\n\nCarts are kept.\n");
        it.remove(A);
        it.add(B, "---\n\"shop\": minor\n---\n\nCarts are lost.\n");
    }),
    ("one of many that are alike goes as another one comes", |it| {
        for number in 0..6 {
            it.write(
                &format!(".changeset/n{number}.md"),
                &format!("---\n\"shop\": minor\n---\n\nCarts {number} are kept.\n"),
            );
        }
        it.add(A, "---\n\"shop\": minor\n---\n\nCarts, of which all\nare kept in all shops.\n");
        it.remove(A);
        it.add(B, "---\n\"shop\": minor\n---\n\nCarts 7 are kept.\n");
    }),
    ("two change their names", |it| {
        it.write(A, &text(1));
        it.add(B, &text(13));
        it.write(A, &text(13));
        it.add(B, &text(1));
    }),
    ("moved into the folder", |it| {
        it.add("docs/notes.md", &text(1));
        it.rename("docs/notes.md", A);
        it.commit("Move in");
    }),
    ("moved out and back", |it| {
        it.add(A, &text(1));
        it.rename(A, "docs/notes.md");
        it.commit("Move out");
        it.rename("docs/notes.md", A);
        it.commit("Move back");
    }),
    ("moved with other line ends", |it| {
        it.add(A, &text(1));
        it.remove(A);
        it.add(B, &text(1).replace('\n', "\r\n"));
    }),
    ("on a branch that was merged", |it| {
        it.git(&["switch", "--quiet", "--create", "side"]);
        it.add(A, &text(1));
        it.git(&["switch", "--quiet", "main"]);
        it.add("main.js", "\n");
        it.merge("side");
    }),
    ("on two branches, the same", |it| {
        it.git(&["switch", "--quiet", "--create", "side"]);
        it.add(A, &text(1));
        it.git(&["switch", "--quiet", "main"]);
        it.add(A, &text(1));
        it.merge("side");
    }),
    ("moved on a branch, mended on the other", |it| {
        it.add(A, &text(1));
        it.git(&["switch", "--quiet", "--create", "side"]);
        it.rename(A, B);
        it.commit("Move");
        it.git(&["switch", "--quiet", "main"]);
        it.add(A, &(text(1) + "More.\n"));
        it.merge("side");
    }),
    ("written in the merge itself", |it| {
        it.git(&["switch", "--quiet", "--create", "side"]);
        it.add("side.js", "\n");
        it.git(&["switch", "--quiet", "main"]);
        it.add("main.js", "\n");
        it.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
        it.add(A, &text(1));
    }),
    ("all in one second, on three branches", |it| {
        let time = it.time;
        for side in ["one", "two", "three"] {
            it.git(&["switch", "--quiet", "--create", side, "main"]);
            it.time = time;
            it.add(A, &text(1));
            it.time = time;
            it.add(&format!(".changeset/{side}.md"), &text(7));
        }
        it.git(&["switch", "--quiet", "main"]);
        for side in ["two", "one", "three"] {
            it.time = time;
            it.merge(side);
        }
    }),
    ("by a clock that goes back", |it| {
        it.add(A, &text(1));
        it.time -= 500;
        it.git(&["switch", "--quiet", "--create", "side"]);
        it.add(B, &text(2));
        it.time -= 500;
        it.git(&["switch", "--quiet", "main"]);
        it.add("main.js", "\n");
        it.remove(A);
        it.add(A, &text(3));
        it.merge("side");
    }),
];
