//! Expressions as the catalogs store them: the text of a `pg_node_tree`, and what can be told from it without knowing all of its nodes.

use crate::model::Volatility;

/// What a node of an expression runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callee {
    /// `pg_proc.oid`
    Function(u32),
    /// `pg_operator.oid`; the function behind it may not be in the tree.
    Operator(u32),
}

/// The functions and operators that a tree names, in its order, as often as it does.
pub fn callees(tree: &str) -> impl Iterator<Item = Callee> + '_ {
    let number = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
    tree.split(':').skip(1).filter_map(move |field| {
        let function = field.strip_prefix("funcid ").and_then(number).map(Callee::Function);
        function.or_else(|| field.strip_prefix("opno ").and_then(number).map(Callee::Operator))
    })
}

/// How volatile the expression of a default is; `of` tells it of what the tree names (`None`: it is not there any more). pg_depend is silent on
/// built-in functions, the tree is not.
pub fn volatility(tree: &str, of: impl FnMut(Callee) -> Option<Volatility>) -> Volatility {
    if tree.starts_with("{CONST ") {
        return Volatility::Immutable;
    }
    // An identity column's default.
    if tree.contains("{NEXTVALUEEXPR ") {
        return Volatility::Volatile;
    }
    let named =
        callees(tree).filter_map(of).max_by_key(|volatility| *volatility as u8).unwrap_or(Volatility::Immutable);
    match named {
        Volatility::Immutable if runs_unnamed_functions(tree) => Volatility::Stable,
        volatility => volatility,
    }
}

/// Whether there are nodes in it that run functions without naming them.
fn runs_unnamed_functions(tree: &str) -> bool {
    ["SQLVALUEFUNCTION", "COERCEVIAIO", "ROWCOMPAREEXPR", "JSONCONSTRUCTOREXPR", "JSONEXPR"]
        .iter()
        .any(|node| tree.split('{').any(|start| start.strip_prefix(node).is_some_and(|rest| rest.starts_with(' '))))
}

/// Whether there is a constant of type regclass in it: what `nextval` draws from.
pub fn names_relations(tree: &str) -> bool {
    tree.contains(":consttype 2205 ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "{FUNCEXPR :funcid 1299 :funcresulttype 1184 :funcretset false :args <> :location 44}";
    const SUM: &str = "{OPEXPR :opno 551 :opfuncid 0 :opresulttype 23 :args ({FUNCEXPR :funcid 1598 :args <>})}";

    fn by_oid(callee: Callee) -> Option<Volatility> {
        match callee {
            Callee::Function(1299) => Some(Volatility::Stable),
            Callee::Function(1598) => Some(Volatility::Volatile),
            Callee::Operator(551) => Some(Volatility::Immutable),
            Callee::Function(_) | Callee::Operator(_) => None,
        }
    }

    #[test]
    fn what_a_tree_names() {
        assert_eq!(callees(NOW).collect::<Vec<_>>(), [Callee::Function(1299)]);
        assert_eq!(callees(SUM).collect::<Vec<_>>(), [Callee::Operator(551), Callee::Function(1598)]);
        assert_eq!(callees("{CONST :consttype 25 :constvalue 4 [ 16 0 0 0 ]}").next(), None);
    }

    #[test]
    fn the_most_volatile_counts() {
        assert_eq!(volatility(NOW, by_oid), Volatility::Stable);
        assert_eq!(volatility(SUM, by_oid), Volatility::Volatile);
        assert_eq!(volatility("{OPEXPR :opno 551 :args <>}", by_oid), Volatility::Immutable);
        assert_eq!(volatility("{CONST :consttype 23}", by_oid), Volatility::Immutable);
        assert_eq!(volatility("{NEXTVALUEEXPR :seqid 5}", by_oid), Volatility::Volatile);
        assert_eq!(volatility("{FUNCEXPR :funcid 7 :args <>}", by_oid), Volatility::Immutable);
    }

    #[test]
    fn nodes_that_name_nothing() {
        assert_eq!(volatility("{SQLVALUEFUNCTION :op 3}", by_oid), Volatility::Stable);
        assert_eq!(volatility("{COERCEVIAIO :arg {CONST :consttype 25}}", by_oid), Volatility::Stable);
        assert_eq!(volatility("{RELABELTYPE :arg {CONST :consttype 25}}", by_oid), Volatility::Immutable);
    }

    #[test]
    fn constants_of_regclass() {
        assert!(names_relations("{FUNCEXPR :funcid 1574 :args ({CONST :consttype 2205 :consttypmod -1})}"));
        assert!(!names_relations(NOW));
    }
}
