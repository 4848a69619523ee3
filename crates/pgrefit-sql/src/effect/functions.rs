//! The functions that an expression calls, and what is known of them.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, normalize_name_node};

/// One call of a function by name.
pub(crate) struct Call {
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
    arguments: Option<ast::ArgList>,
}

/// The calls at or below a node. Calls in a form of their own, such as `extract(year FROM t)`, are all built in and
/// stable, and are left out.
pub(crate) fn calls(node: &SyntaxNode) -> impl Iterator<Item = Call> {
    node.descendants().filter_map(ast::CallExpr::cast).filter_map(|call| Call::of(&call))
}

/// A call that may give another value for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnstableCall {
    /// The schema, if it is written.
    pub schema: Option<String>,
    /// The function.
    pub name: String,
    /// Whether it is known as a volatile function of the server; else nothing is known of it.
    pub built_in: bool,
}

/// The calls at or below a node of the syntax tree whose function is not known to be stable.
pub fn unstable_calls(node: &SyntaxNode) -> impl Iterator<Item = UnstableCall> {
    calls(node).filter(|call| !call.is_stable()).map(|call| {
        let built_in = call.is_built_in();
        UnstableCall { schema: call.schema, name: call.name, built_in }
    })
}

/// Whether the expression may give another value for each row: it calls a function that is not known to be stable.
pub(crate) fn is_volatile(node: &SyntaxNode) -> bool {
    calls(node).any(|call| !call.is_stable())
}

impl Call {
    /// The call, if the function is named.
    pub(crate) fn of(call: &ast::CallExpr) -> Option<Self> {
        let (schema, name) = match call.expr()? {
            ast::Expr::NameRef(name) => (None, normalize_name_node(name.syntax())),
            ast::Expr::FieldExpr(field) => {
                let schema = normalize_name_node(field.base()?.syntax());
                (Some(schema), normalize_name_node(field.field()?.syntax()))
            }
            _ => return None,
        };
        Some(Self { schema, name, arguments: call.arg_list() })
    }

    /// Whether it is a function of the server itself. A name without schema is taken for one if it is a common one.
    pub(crate) fn is_built_in(&self) -> bool {
        match self.schema.as_deref() {
            Some("pg_catalog" | "information_schema") => true,
            Some(_) => false,
            None => {
                self.name.starts_with("pg_")
                    || self.name.starts_with("json")
                    || STABLE.contains(&self.name.as_str())
                    || VOLATILE.contains(&self.name.as_str())
            }
        }
    }

    /// Whether it gives the same value for each row of a statement.
    pub(super) fn is_stable(&self) -> bool {
        matches!(self.schema.as_deref(), None | Some("pg_catalog"))
            && (self.name.starts_with("json") || STABLE.contains(&self.name.as_str()))
    }

    /// Whether the last argument is an array of the arguments.
    pub(crate) fn is_variadic(&self) -> bool {
        self.arguments.iter().flat_map(ast::ArgList::args).any(|argument| argument.variadic_token().is_some())
    }

    /// The expression at a position, counted from 0.
    pub(crate) fn argument(&self, at: usize) -> Option<ast::Expr> {
        self.arguments.as_ref()?.args().nth(at)?.expr()
    }
}

#[rustfmt::skip]
const VOLATILE: &[&str] = &[
    "clock_timestamp", "currval", "gen_random_uuid", "lastval", "nextval", "random", "set_config", "setval",
    "timeofday", "uuidv4", "uuidv7",
];

/// Functions of the server that are immutable or stable, among them aggregates and window functions.
#[rustfmt::skip]
const STABLE: &[&str] = &[
    "abs", "age", "any_value", "array_agg", "array_append", "array_cat", "array_fill", "array_length", "array_lower",
    "array_ndims", "array_position", "array_positions", "array_prepend", "array_remove", "array_replace",
    "array_to_json", "array_to_string", "array_upper", "ascii", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "btrim",
    "cardinality", "cbrt", "ceil", "ceiling", "char_length", "character_length", "chr", "coalesce", "concat",
    "concat_ws", "convert_from", "convert_to", "corr", "count", "cume_dist", "current_database",
    "current_schema", "current_schemas", "current_setting", "date", "date_bin", "date_part", "date_trunc",
    "decode", "degrees", "dense_rank", "div", "encode", "every", "exp", "extract", "factorial", "first_value",
    "floor", "format", "format_type", "gcd", "generate_series", "generate_subscripts", "get_bit",
    "get_byte", "greatest",
    "has_schema_privilege", "has_table_privilege", "hashtext", "initcap", "isfinite", "justify_days",
    "justify_hours", "justify_interval", "lag", "last_value", "lcm", "lead", "least", "left", "length", "ln",
    "localtime", "localtimestamp", "log", "log10", "lower", "lower_inc", "lower_inf", "lpad", "ltrim",
    "make_date", "make_interval", "make_time", "make_timestamp", "make_timestamptz", "max", "md5", "min",
    "mod", "mode", "now", "nth_value", "ntile", "nullif", "num_nonnulls", "num_nulls", "numrange", "int4multirange", "int8multirange", "nummultirange",
    "datemultirange", "tsmultirange", "tstzmultirange", "txid_current", "pg_current_xact_id", "pg_backend_pid",
    "pg_postmaster_start_time", "pg_conf_load_time", "pg_my_temp_schema", "inet_client_addr", "inet_client_port",
    "inet_server_addr", "inet_server_port", "current_query",
    "obj_description", "octet_length", "overlay", "percent_rank", "percentile_cont", "percentile_disc", "pi",
    "position", "power", "pow", "quote_ident", "quote_literal", "quote_nullable", "radians", "range_agg",
    "rank", "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches", "regexp_replace",
    "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "repeat", "replace", "reverse",
    "right", "round", "row_number", "row_to_json", "rpad", "rtrim", "set_bit", "set_byte",
    "setweight", "sha224", "sha256", "sha384",
    "sha512", "sign", "split_part", "sqrt", "starts_with", "statement_timestamp", "stddev", "string_agg",
    "string_to_array", "string_to_table", "strip", "strpos", "substr", "substring", "sum", "tsrange",
    "tstzrange", "to_char", "to_date", "to_hex", "to_json", "to_jsonb", "to_number", "to_regclass",
    "to_regtype", "to_timestamp", "to_tsquery", "to_tsvector", "transaction_timestamp", "translate", "trim",
    "trunc", "ts_headline", "ts_rank", "ts_rank_cd", "unnest", "upper", "upper_inc", "upper_inf", "variance",
    "version", "websearch_to_tsquery", "plainto_tsquery", "phraseto_tsquery", "width_bucket", "daterange",
    "int4range", "int8range",
];
