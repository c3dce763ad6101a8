/** Nodes of Postgres' grammar that can stand in a view's query. Whatever is not here is refused by its name. */
export const allowedNodes = new Set(
  `SelectStmt ResTarget ColumnRef A_Star A_Const A_Expr BoolExpr NullTest BooleanTest FuncCall TypeCast CaseExpr CaseWhen CoalesceExpr
MinMaxExpr SubLink RangeVar RangeSubselect RangeFunction JoinExpr Alias SortBy WindowDef CommonTableExpr A_ArrayExpr A_Indirection
A_Indices RowExpr String Integer Float Boolean BitString List CollateClause GroupingSet GroupingFunc SQLValueFunction NamedArgExpr`.split(
    /\s+/,
  ),
);

/** Functions of pg_catalog that compute from their arguments and touch nothing else. */
export const allowedFunctions = new Set(
  `abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd degrees div erf erfc exp
factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod numeric_inc pi pow power radians random round scale sign sin sind sinh sqrt tan tand
tanh trim_scale trunc width_bucket
ascii bit_length btrim char_length character_length chr concat concat_ws convert_from convert_to decode encode format initcap left
length like_escape lower lpad ltrim md5 normalize is_normalized notlike octet_length overlay parse_ident position quote_ident quote_literal
quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim sha224 sha256 sha384 sha512 similar_escape similar_to_escape
split_part starts_with string_to_array string_to_table strpos substr substring text textlike to_hex translate upper unistr to_bin to_oct casefold
age clock_timestamp date date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days justify_hours
justify_interval make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp timeofday timezone
to_char to_date to_number to_timestamp transaction_timestamp overlaps
json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
json_extract_path json_extract_path_text json_object json_object_keys json_strip_nulls json_typeof row_to_json to_json to_jsonb
array_to_json jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists
jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls
jsonb_typeof
array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions array_prepend
array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_string array_upper cardinality trim_array unnest
int4range int8range numrange tsrange tstzrange daterange isempty lower_inc lower_inf upper_inc upper_inf range_merge multirange
to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline setweight strip numnode
querytree tsvector_to_array array_to_tsvector ts_delete ts_filter tsquery_phrase
count sum avg min max stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx regr_avgy regr_count
regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy array_agg string_agg json_agg json_object_agg jsonb_agg jsonb_object_agg
bool_and bool_or every bit_and bit_or bit_xor mode percentile_cont percentile_disc any_value range_agg range_intersect_agg
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
generate_series generate_subscripts num_nonnulls num_nulls bool int4 int8 float8 numeric varchar gen_random_uuid uuid_extract_timestamp`.split(
    /\s+/,
  ),
);

/** Types a cast may name, as the parser calls them. Not the reg* family, which looks names up. */
export const allowedTypes = new Set(
  `text varchar bpchar int2 int4 int8 smallint integer bigint numeric decimal float4 float8 real bool boolean date time timetz timestamp
timestamptz interval uuid json jsonb bit varbit bytea tsvector tsquery int4range int8range numrange tsrange tstzrange daterange name
jsonpath`.split(/\s+/),
);

/** What SQLValueFunction may stand for: the time, never the session. */
export const allowedValues = new Set([
  'SVFOP_CURRENT_DATE',
  'SVFOP_CURRENT_TIME',
  'SVFOP_CURRENT_TIME_N',
  'SVFOP_CURRENT_TIMESTAMP',
  'SVFOP_CURRENT_TIMESTAMP_N',
  'SVFOP_LOCALTIME',
  'SVFOP_LOCALTIME_N',
  'SVFOP_LOCALTIMESTAMP',
  'SVFOP_LOCALTIMESTAMP_N',
]);

/** The words people use for what the grammar calls otherwise. */
export const nodeNames: Readonly<Record<string, string>> = {
  ParamRef: 'a parameter',
  LockingClause: 'FOR UPDATE or FOR SHARE',
  IntoClause: 'INTO',
  InsertStmt: 'INSERT',
  UpdateStmt: 'UPDATE',
  DeleteStmt: 'DELETE',
  MergeStmt: 'MERGE',
  RangeTableSample: 'TABLESAMPLE',
};
