//! Expressions as the server stores them: `pg_node_tree`, which can be read without a lock on the table.
//!
//! The form is that of `nodeToString` in PostgreSQL's `outfuncs.c`: `{TAG :field value …}`, `(list)`, `<>` for nothing, and a
//! constant as the bytes of its datum. Only what checks ask for is understood; anything else is passed over.

use serde::{Deserialize, Serialize};

/// An expression. Two are equal if they are the same but for their places in the text they came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Node(String);

/// Fields that tell where something stood in a text, or how it was spelled.
const PLACES: [&str; 5] = [":location", ":stmt_location", ":stmt_len", ":varnosyn", ":varattnosyn"];

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Node> for String {
    fn from(node: Node) -> Self {
        node.0
    }
}

impl Node {
    /// Takes the server's text, without the places.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut kept = String::with_capacity(text.len());
        let mut words = text.split(' ');
        while let Some(word) = words.next() {
            if PLACES.contains(&word) {
                // The value may close what is around it: `32}`.
                let value = words.next().unwrap_or_default();
                kept.push_str(value.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit()));
                continue;
            }
            if !kept.is_empty() {
                kept.push(' ');
            }
            kept.push_str(word);
        }
        Self(kept)
    }

    /// The columns that it names, sorted, each once; zero for the whole row.
    #[must_use]
    pub fn columns(&self) -> Vec<i16> {
        let mut columns = Vec::new();
        self.tree().visit(&mut |tree| {
            if tree.tag() == Some("VAR") {
                columns.extend(tree.number(":varattno"));
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns.into_iter().filter_map(|number: i64| i16::try_from(number).ok()).collect()
    }

    /// The column of which it says that it is not null, if it says just that.
    #[must_use]
    pub fn only_not_null(&self) -> Option<i16> {
        self.tree().only().not_null()
    }

    /// The columns of which it says that none is null, if it says just that.
    #[must_use]
    pub fn all_not_null(&self) -> Option<Vec<i16>> {
        let tree = self.tree();
        let test = tree.only();
        let is_and = || matches!(test.field(":boolop").and_then(<[_]>::first), Some(Tree::Word("and")));
        if test.tag() != Some("BOOLEXPR") || !is_and() {
            return test.not_null().map(|column| vec![column]);
        }
        let Tree::List(parts) = test.field(":args")?.first()? else { return None };
        parts.iter().map(Tree::not_null).collect()
    }

    /// Whether it is a column in nothing but casts and calls of functions, whose other arguments are constants.
    #[must_use]
    pub fn wraps_column(&self) -> bool {
        self.tree().only().wraps_column()
    }

    /// What it says of a row of nothing but nulls, as a condition; none if that cannot be told here.
    #[must_use]
    pub fn of_nulls(&self) -> Option<OfNulls> {
        self.tree().only().of_nulls()
    }

    /// Whether it is the constant `true`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        const BOOL: u32 = 16;
        let tree = self.tree();
        let constant = tree.only().constant();
        constant.is_some_and(|it| it.type_oid == BOOL && it.integer() == Some(1))
    }

    /// The functions that it calls by name, by oid; those of operators and casts are not among them.
    #[must_use]
    pub fn functions(&self) -> Vec<u32> {
        let mut functions = Vec::new();
        self.tree().visit(&mut |tree| {
            // 1 and 2 are COERCE_EXPLICIT_CAST and COERCE_IMPLICIT_CAST.
            let is_cast = || matches!(tree.number(":funcformat"), Some(1 | 2));
            if tree.tag() == Some("FUNCEXPR") && !is_cast() {
                functions.extend(tree.number(":funcid").and_then(|oid| u32::try_from(oid).ok()));
            }
        });
        functions
    }

    /// Its constants, in order.
    #[must_use]
    pub fn constants(&self) -> Vec<Constant> {
        let mut constants = Vec::new();
        self.tree().visit(&mut |tree| constants.extend(tree.constant()));
        constants
    }

    /// The expressions of a list, one by one; of anything else, itself.
    #[must_use]
    pub fn items(&self) -> Vec<Self> {
        match self.tree() {
            Tree::List(items) => items.iter().map(|item| Self(item.text())).collect(),
            _ => vec![self.clone()],
        }
    }

    /// It, read as the bound of a partition.
    #[must_use]
    pub fn bound(&self) -> Option<Bound> {
        let tree = self.tree();
        let ends = |name| -> Option<Vec<End>> {
            let Tree::List(items) = tree.field(name)?.first()? else { return None };
            items.iter().map(Tree::end).collect()
        };
        if tree.tag() != Some("PARTITIONBOUNDSPEC") {
            return None;
        }
        if matches!(tree.field(":is_default")?.first()?, Tree::Word("true")) {
            return Some(Bound::Default);
        }
        match tree.field(":strategy")?.first()? {
            Tree::Word("r") => {
                Some(Bound::Range { lower: ends(":lowerdatums")?, upper: ends(":upperdatums")? })
            }
            Tree::Word("l") => {
                let Tree::List(items) = tree.field(":listdatums")?.first()? else { return None };
                items.iter().map(Tree::constant).collect::<Option<_>>().map(Bound::List)
            }
            Tree::Word("h") => {
                Some(Bound::Hash { modulus: tree.number(":modulus")?, remainder: tree.number(":remainder")? })
            }
            _ => None,
        }
    }

    fn tree(&self) -> Tree<'_> {
        let mut words = Words(&self.0);
        Tree::read(&mut words, 0).unwrap_or(Tree::Word(""))
    }
}

/// What a condition says of a row of nothing but nulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfNulls {
    /// True.
    True,
    /// False.
    False,
    /// Null, which a `CHECK` lets pass.
    Null,
}

/// A constant in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Its type.
    pub type_oid: u32,
    /// The length of the type; -1 for varying.
    pub length: i64,
    /// The bytes of its datum, as they lie in the server's memory; none for null.
    pub bytes: Option<Vec<u8>>,
}

impl Constant {
    /// The value of a type of 1, 2, 4 or 8 bytes, such as `int4`, `date` (days since 2000) or `timestamptz` (microseconds
    /// since 2000); none for null and for other types.
    ///
    /// The server must run on a little-endian machine, as all that PostgreSQL is packaged for today do but s390x.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let length = usize::try_from(self.length).ok()?;
        let bytes = self.bytes.as_deref()?.get(..length)?;
        match length {
            1 => Some(i64::from(bytes[0])),
            2 => Some(i16::from_le_bytes(bytes.try_into().ok()?).into()),
            4 => Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            8 => Some(i64::from_le_bytes(bytes.try_into().ok()?)),
            _ => None,
        }
    }

    /// The text of a `text` or `varchar`; none for null, for other types, and for what is compressed.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if self.length != -1 {
            return None;
        }
        let bytes = self.bytes.as_deref()?;
        // A header of four bytes, its two low bits clear; expressions are stored with that form.
        let body = if bytes.first()?.trailing_zeros() >= 2 { bytes.get(4..)? } else { bytes.get(1..)? };
        String::from_utf8(body.to_vec()).ok()
    }
}

/// What a partition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Whatever no other holds.
    Default,
    /// From, included, to, excluded; one end a key column.
    Range {
        /// From.
        lower: Vec<End>,
        /// To.
        upper: Vec<End>,
    },
    /// One of these values.
    List(Vec<Constant>),
    /// By the remainder of a hash.
    Hash {
        /// The divisor.
        modulus: i64,
        /// The remainder.
        remainder: i64,
    },
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// `MINVALUE`.
    Minimum,
    /// A value.
    Value(Constant),
    /// `MAXVALUE`.
    Maximum,
}

/// How deep a tree is followed. The server's own limit is its stack.
const DEPTH: usize = 200;

#[derive(Debug)]
enum Tree<'a> {
    /// Its tag, then names of fields, each followed by its values.
    Record(Vec<Tree<'a>>),
    List(Vec<Tree<'a>>),
    Word(&'a str),
}

impl<'a> Tree<'a> {
    fn read(words: &mut Words<'a>, depth: usize) -> Option<Self> {
        let word = words.next()?;
        Some(match word {
            "{" | "(" if depth > DEPTH => return None,
            "{" => Self::Record(Self::until(words, "}", depth)?),
            "(" => Self::List(Self::until(words, ")", depth)?),
            word => Self::Word(word),
        })
    }

    fn until(words: &mut Words<'a>, end: &str, depth: usize) -> Option<Vec<Self>> {
        let mut items = Vec::new();
        loop {
            match Self::read(words, depth + 1)? {
                Self::Word(word) if word == end => return Some(items),
                item => items.push(item),
            }
        }
    }

    fn tag(&self) -> Option<&'a str> {
        match self {
            Self::Record(items) => match items.first() {
                Some(Self::Word(tag)) => Some(tag),
                _ => None,
            },
            _ => None,
        }
    }

    /// The only item of a list; anything else is itself.
    fn only(&self) -> &Self {
        match self {
            Self::List(items) if items.len() == 1 => &items[0],
            tree => tree,
        }
    }

    /// The column of a test that it is not null.
    fn not_null(&self) -> Option<i16> {
        // 1 is IS_NOT_NULL.
        if self.tag() != Some("NULLTEST") || self.number(":nulltesttype") != Some(1) {
            return None;
        }
        let argument = self.field(":arg")?.first()?;
        let number = (argument.tag() == Some("VAR")).then(|| argument.number(":varattno")).flatten()?;
        i16::try_from(number).ok()
    }

    /// The values of a field.
    fn field(&self, name: &str) -> Option<&[Self]> {
        let Self::Record(items) = self else { return None };
        let at = items.iter().position(|item| matches!(item, Self::Word(word) if *word == name))?;
        let rest = &items[at + 1..];
        let is_name = |item: &Self| matches!(item, Self::Word(word) if word.starts_with(':'));
        Some(&rest[..rest.iter().position(is_name).unwrap_or(rest.len())])
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.field(name)?.first()? {
            Self::Word(word) => word.parse().ok(),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> Option<&[Self]> {
        match self.field(name)?.first()? {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    fn wraps_column(&self) -> bool {
        match self.tag() {
            Some("VAR") => true,
            Some("RELABELTYPE" | "COERCEVIAIO" | "ARRAYCOERCEEXPR") => {
                self.field(":arg").and_then(<[Self]>::first).is_some_and(Self::wraps_column)
            }
            Some("FUNCEXPR") => match self.list(":args") {
                Some([first, rest @ ..]) => {
                    first.wraps_column() && rest.iter().all(|it| it.tag() == Some("CONST"))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// An operator of the server itself is null if a side is; what functions do of null cannot be told.
    fn of_nulls(&self) -> Option<OfNulls> {
        const FIRST_OF_USERS: i64 = 16_384;
        let argument = || self.field(":arg").and_then(<[Self]>::first);
        match self.tag()? {
            "VAR" => Some(OfNulls::Null),
            "RELABELTYPE" | "COERCEVIAIO" => argument()?.of_nulls(),
            // 0 is IS_NULL, 1 is IS_NOT_NULL.
            "NULLTEST" => match (argument()?.of_nulls()?, self.number(":nulltesttype")?) {
                (OfNulls::Null, 0) => Some(OfNulls::True),
                (OfNulls::Null, 1) => Some(OfNulls::False),
                _ => None,
            },
            "OPEXPR" | "SCALARARRAYOPEXPR" if self.number(":opno")? < FIRST_OF_USERS => {
                let is_null = |it: &Self| it.of_nulls() == Some(OfNulls::Null);
                self.list(":args")?.iter().any(is_null).then_some(OfNulls::Null)
            }
            "BOOLEXPR" => {
                let Self::Word(operation) = self.field(":boolop")?.first()? else { return None };
                let said: Vec<_> = self.list(":args")?.iter().map(Self::of_nulls).collect();
                combined(operation, &said)
            }
            _ => None,
        }
    }

    fn visit(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        if let Self::Record(items) | Self::List(items) = self {
            for item in items {
                item.visit(see);
            }
        }
    }

    fn constant(&self) -> Option<Constant> {
        if self.tag() != Some("CONST") {
            return None;
        }
        let value = self.field(":constvalue")?;
        let bytes = value.iter().skip(2).map_while(|item| match item {
            // A byte is printed as a signed number.
            Self::Word(word) => word.parse::<i16>().ok().map(|byte| byte.to_le_bytes()[0]),
            _ => None,
        });
        let is_null = matches!(value.first(), Some(Self::Word("<>")));
        Some(Constant {
            type_oid: u32::try_from(self.number(":consttype")?).ok()?,
            length: self.number(":constlen")?,
            bytes: (!is_null).then(|| bytes.collect()),
        })
    }

    fn end(&self) -> Option<End> {
        match self.number(":kind")? {
            -1 => Some(End::Minimum),
            1 => Some(End::Maximum),
            _ => self.field(":value")?.first()?.constant().map(End::Value),
        }
    }

    fn text(&self) -> String {
        let all = |items: &[Self]| items.iter().map(Self::text).collect::<Vec<_>>().join(" ");
        match self {
            Self::Record(items) => format!("{{{}}}", all(items)),
            Self::List(items) => format!("({})", all(items)),
            Self::Word(word) => (*word).to_owned(),
        }
    }
}

/// `AND`, `OR` and `NOT` of what is true, false, null or not known.
fn combined(operation: &str, said: &[Option<OfNulls>]) -> Option<OfNulls> {
    let (decides, else_is) = match operation {
        "and" => (OfNulls::False, OfNulls::True),
        "or" => (OfNulls::True, OfNulls::False),
        "not" => {
            return said.first().copied().flatten().map(|it| match it {
                OfNulls::True => OfNulls::False,
                OfNulls::False => OfNulls::True,
                OfNulls::Null => OfNulls::Null,
            });
        }
        _ => return None,
    };
    if said.contains(&Some(decides)) {
        return Some(decides);
    }
    let known = said.iter().copied().collect::<Option<Vec<_>>>()?;
    Some(if known.contains(&OfNulls::Null) { OfNulls::Null } else { else_is })
}

/// The words of a node tree; a backslash keeps the next character in the word.
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let first = text.chars().next()?;
        if "{}()".contains(first) {
            self.0 = &text[1..];
            return Some(&text[..1]);
        }
        let mut escaped = false;
        let end = text.find(|c: char| {
            let ends = !escaped && (c.is_whitespace() || "{}()".contains(c));
            escaped = !escaped && c == '\\';
            ends
        });
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        self.0 = rest;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAR: &str = "{VAR :varno 1 :varattno 2 :vartype 25 :vartypmod -1 :varcollid 100 :varlevelsup 0 \
                       :varnosyn 1 :varattnosyn 2 :location 53}";

    fn not_null(location: i32) -> String {
        format!("({{NULLTEST :arg {VAR} :nulltesttype 1 :argisrow false :location {location}}})")
    }

    #[test]
    fn places_make_no_difference() {
        assert_eq!(Node::new(&not_null(1)), Node::new(&not_null(-1)));
        assert_eq!(Node::new("{A :location 3 :b 4}"), Node::new("{A :location 7 :b 4}"));
        assert_ne!(Node::new("{A :b 3}"), Node::new("{A :b 4}"));
        let once = Node::new(&not_null(5));
        assert_eq!(Node::from(String::from(once.clone())), once);
    }

    #[test]
    fn a_test_for_null_is_known() {
        let check = |text: &str, expected: Option<i16>| assert_eq!(Node::new(text).only_not_null(), expected);
        check(&not_null(1), Some(2));
        check(not_null(1).trim_matches(['(', ')']), Some(2));
        check(&not_null(1).replace(":nulltesttype 1", ":nulltesttype 0"), None);
        check(&not_null(1).replace("{VAR", "{FUNCEXPR"), None);
        check("", None);
        check("(((", None);
        assert_eq!(Node::new(&not_null(1)).columns(), [2]);
        let of_third = not_null(1).replace(":varattno 2", ":varattno 3");
        let both = |operator: &str| {
            let (one, two) = (not_null(1), of_third.clone());
            let (one, two) = (one.trim_matches(['(', ')']), two.trim_matches(['(', ')']));
            Node::new(&format!("{{BOOLEXPR :boolop {operator} :args ({one} {two}) :location 8}}"))
        };
        assert_eq!(both("and").all_not_null(), Some(vec![2, 3]));
        assert_eq!((both("or").all_not_null(), both("and").only_not_null()), (None, None));
        assert_eq!(Node::new(&not_null(1)).all_not_null(), Some(vec![2]));
        assert_eq!(Node::new(VAR).all_not_null(), None);
    }

    #[test]
    fn a_column_in_casts_and_calls_is_known() {
        let check =
            |text: &str, expected: bool| assert_eq!(Node::new(text).wraps_column(), expected, "{text}");
        let call = |args: &str| format!("({{FUNCEXPR :funcid 5 :funcformat 1 :args ({args}) :location 3}})");
        let constant = "{CONST :consttype 23 :constvalue 4 [ 3 0 0 0 ]}";
        check(VAR, true);
        check(&call(&format!("{VAR} {constant}")), true);
        check(&call(&format!("{VAR} {VAR}")), false);
        check(&call(&format!("{{OPEXPR :opno 5 :args ({VAR} {VAR})}}")), false);
    }

    #[test]
    fn a_condition_is_asked_of_nothing_but_nulls() {
        let check = |text: &str, expected: Option<OfNulls>| {
            assert_eq!(Node::new(text).of_nulls(), expected, "{text}");
        };
        let test = not_null(1);
        let test = test.trim_matches(['(', ')']);
        let both =
            |operation: &str, other: &str| format!("{{BOOLEXPR :boolop {operation} :args ({test} {other})}}");
        let above = format!("{{OPEXPR :opno 521 :args ({VAR} {{CONST :consttype 23}})}}");
        let call = format!("{{FUNCEXPR :funcid 440 :args ({VAR})}}");
        check(test, Some(OfNulls::False));
        check(&above, Some(OfNulls::Null));
        check(&both("and", &above), Some(OfNulls::False));
        check(&both("and", &call), Some(OfNulls::False));
        check(&both("or", &above), Some(OfNulls::Null));
        check(&both("or", &call), None);
        check(&format!("{{BOOLEXPR :boolop not :args ({test})}}"), Some(OfNulls::True));
        check(&above.replace("521", "20000"), None);
        check("", None);
    }

    #[test]
    fn constants_are_read_from_their_bytes() {
        let int4 = "{CONST :consttype 23 :consttypmod -1 :constcollid 0 :constlen 4 :constbyval true :constisnull \
                    false :location 9 :constvalue 4 [ -100 -1 -1 -1 -1 -1 -1 -1 ]}";
        let constant = |text: &str| Node::new(text).constants().remove(0);
        assert_eq!(constant(int4).integer(), Some(-100));
        let null = int4.replace("4 [ -100 -1 -1 -1 -1 -1 -1 -1 ]", "<>");
        assert_eq!(constant(&null).bytes, None);
        let text = "{CONST :consttype 25 :constlen -1 :constisnull false :constvalue 6 [ 24 0 0 0 104 105 ]}";
        assert_eq!(constant(text).text().as_deref(), Some("hi"));
        let yes = "{CONST :consttype 16 :constlen 1 :constisnull false :constvalue 1 [ 1 0 0 0 0 0 0 0 ]}";
        assert!(Node::new(yes).is_true());
        assert!(!Node::new(&yes.replace("[ 1", "[ 0")).is_true());
    }

    #[test]
    fn bounds_are_read() {
        let end = |kind: i32, value: &str| {
            format!("({{PARTITIONRANGEDATUM :kind {kind} :value {value} :location 3}})")
        };
        let ten = "{CONST :consttype 23 :constlen 4 :constisnull false :constvalue 4 [ 10 0 0 0 0 0 0 0 ]}";
        let range = format!(
            "{{PARTITIONBOUNDSPEC :strategy r :is_default false :modulus 0 :remainder 0 :listdatums <> \
             :lowerdatums {} :upperdatums {} :location -1}}",
            end(-1, "<>"),
            end(0, ten)
        );
        let Some(Bound::Range { lower, upper }) = Node::new(&range).bound() else { panic!("{range}") };
        assert_eq!(lower, [End::Minimum]);
        assert!(matches!(&upper[..], [End::Value(value)] if value.integer() == Some(10)));
        assert_eq!(Node::new(&range.replace("default false", "default true")).bound(), Some(Bound::Default));
        let list = format!("{{PARTITIONBOUNDSPEC :strategy l :is_default false :listdatums ({ten} {ten})}}");
        assert!(matches!(Node::new(&list).bound(), Some(Bound::List(values)) if values.len() == 2));
        assert_eq!(Node::new("{CONST}").bound(), None);
    }

    #[test]
    fn a_list_falls_into_its_items() {
        let items = Node::new(&format!("({VAR} {VAR})")).items();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0], Node::new(VAR));
        assert_eq!(Node::new(VAR).items(), [Node::new(VAR)]);
    }

    #[test]
    fn escapes_keep_a_word_together() {
        assert_eq!(Words("{A :b x\\ \\{y z}").collect::<Vec<_>>(), ["{", "A", ":b", "x\\ \\{y", "z", "}"]);
    }
}
