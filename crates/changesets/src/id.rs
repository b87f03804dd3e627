//! Names of changesets that people can say: three words, as those of `changeset add` are.

/// How many words each list has: six bits choose one, and each is as likely as the others.
const WORDS: usize = 64;

/// What something is like.
const LIKE: [&str; WORDS] = [
    "amber", "ample", "apt", "azure", "blunt", "brief", "brisk", "broad", "calm", "candid", "clever", "cosy",
    "crimson", "curious", "dainty", "daring", "dizzy", "dusty", "early", "fair", "fleet", "frosty", "gentle", "giant",
    "glad", "golden", "grand", "hardy", "hazy", "honest", "humble", "icy", "jolly", "keen", "late", "lively", "lofty",
    "loud", "lucky", "merry", "mild", "misty", "neat", "nimble", "odd", "pale", "plain", "proud", "quaint", "ready",
    "rosy", "rustic", "salty", "sharp", "silver", "sleek", "snug", "spry", "steady", "sturdy", "tidy", "vivid", "warm",
    "young",
];

/// Who does something.
const WHO: [&str; WORDS] = [
    "acorns", "anchors", "anvils", "arrows", "badgers", "barges", "beacons", "beetles", "bells", "birches", "bridges",
    "brooks", "canoes", "cedars", "cellos", "cliffs", "comets", "cranes", "crickets", "daisies", "dolphins", "drums",
    "eagles", "elms", "falcons", "ferns", "ferries", "finches", "flutes", "foxes", "geese", "glaciers", "hares",
    "harps", "herons", "islands", "kettles", "kites", "lanterns", "lemons", "lynxes", "maples", "meadows", "moths",
    "oaks", "otters", "owls", "pebbles", "pigeons", "planets", "plums", "ponies", "rafts", "ravens", "rivers",
    "robins", "sails", "seals", "sparrows", "storks", "tigers", "tulips", "turtles", "wagons",
];

/// What they do.
const DO: [&str; WORDS] = [
    "agree", "arise", "arrive", "bask", "bloom", "bounce", "breathe", "chant", "chime", "climb", "coast", "cross",
    "dance", "dash", "dine", "dive", "doze", "draw", "drift", "float", "flow", "flutter", "fly", "gallop", "gather",
    "glide", "glow", "greet", "grin", "hop", "hover", "hum", "juggle", "land", "laugh", "leap", "linger", "listen",
    "march", "meet", "nod", "paddle", "play", "race", "rest", "ring", "roam", "row", "rush", "shine", "sing", "skate",
    "ski", "soar", "spin", "stroll", "sway", "swim", "travel", "trot", "turn", "wander", "wave", "whistle",
];

/// Returns the name that 18 bits of a number choose, as in `nimble-otters-dance`.
///
/// ```
/// assert_eq!(embark_changesets::id(0), "amber-acorns-agree");
/// ```
pub fn id(random: u32) -> String {
    let mut rest = usize::try_from(random).unwrap_or_default();
    let words = [LIKE, WHO, DO].map(|words| {
        let word = words[rest % WORDS];
        rest /= WORDS;
        word
    });
    words.join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_is_one_and_makes_names_of_its_own() {
        for words in [LIKE, WHO, DO] {
            assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())), "{words:?}");
            assert!(words.is_sorted() && BTreeSet::from(words).len() == WORDS, "{words:?}");
        }
        let all: BTreeSet<String> = (0..1 << 18).map(id).collect();
        assert_eq!(all.len(), 1 << 18);
        assert_eq!(id(1 << 18), id(0));
        assert!(crate::Changeset::is_one(&format!(".changeset/{}.md", id(u32::MAX))));
    }
}
