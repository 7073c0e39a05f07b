//! What the extension consists of. A change here is a change of what others depend on.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    /// Starts the server for the tests that only connect to it.
    #[pg_test]
    fn ready() {}

    fn lines(query: &str) -> Vec<String> {
        Spi::get_one::<Vec<String>>(query).expect("the query runs").unwrap_or_default()
    }

    /// Every member but those of the tests, functions with their signatures.
    const MEMBERS: &str = r#"
        SELECT array_agg(line ORDER BY line COLLATE "C") FROM (
          SELECT CASE
            WHEN d.classid = 'pg_proc'::regclass THEN (
              SELECT format('%s %s.%s(%s)%s%s',
                       CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END, p.pronamespace::regnamespace, p.proname,
                       pg_get_function_arguments(p.oid), ' returns ' || pg_get_function_result(p.oid),
                       CASE WHEN p.prosecdef THEN ' security definer' END)
              FROM pg_proc p WHERE p.oid = d.objid)
            ELSE i.type || ' ' || i.identity END AS line
          FROM pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) i
          WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'electric_schema')
            AND i.identity !~ '^tests\M'
            -- In 18 the row types of tables, and arrays of these, are members, too.
            AND NOT EXISTS (SELECT FROM pg_type t JOIN pg_class c ON c.reltype IN (t.oid, t.typelem)
                            WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND c.relkind <> 'c')
        ) members"#;

    #[pg_test]
    fn the_members_are_these() {
        let expected = [
            "event trigger electric_schema_ddl",
            "event trigger electric_schema_drop",
            "event trigger electric_schema_rewrite",
            "event trigger electric_schema_start",
            "function _electric_meta.baseline() returns void",
            "function _electric_meta.capture_ddl() returns event_trigger",
            "function _electric_meta.capture_drop() returns event_trigger",
            "function _electric_meta.capture_rewrite() returns event_trigger",
            "function _electric_meta.guard() returns trigger security definer",
            "function _electric_meta.guard_row() returns trigger security definer",
            "function _electric_meta.judge_concurrent() returns event_trigger",
            "function _electric_meta.landed() returns trigger security definer",
            "function _electric_meta.not_distributed() returns jsonb security definer",
            "function _electric_meta.restoring() returns jsonb security definer",
            "function electric_schema.checkpoint() returns text security definer",
            "function electric_schema.diff(client_hash text, max_entries integer DEFAULT NULL::integer) returns TABLE(seq bigint, hash text, parent_hash text, class text, \
             reset_version bigint, schema_hash text, statements text[], changes jsonb, changes_digest text, private_digest text) \
             security definer",
            "function electric_schema.drift() returns TABLE(kind text, identity text, difference jsonb, statements text[]) security definer",
            "function electric_schema.handshake(client_hash text, client_seq bigint DEFAULT NULL::bigint, squash boolean DEFAULT false, \
             target_hash text DEFAULT NULL::text) returns jsonb",
            "function electric_schema.head() returns TABLE(seq bigint, hash text, reset_version bigint, recorded_at timestamp with time zone) \
             security definer",
            "function electric_schema.preview(ddl text) returns jsonb",
            "function electric_schema.snapshot(at_hash text DEFAULT NULL::text) returns jsonb security definer",
            "function electric_schema.verify(trusted_hash text DEFAULT NULL::text) returns jsonb security definer",
            "procedure electric_schema.adopt(IN ledger_id uuid DEFAULT NULL::uuid) security definer",
            "procedure electric_schema.compact(IN before_hash text) security definer",
            "procedure electric_schema.discard(IN ledger_id uuid) security definer",
            "procedure electric_schema.electrify(IN relation regclass)",
            "procedure electric_schema.exclude(IN pattern text) security definer",
            "procedure electric_schema.include(IN pattern text) security definer",
            "procedure electric_schema.label(IN label text)",
            "procedure electric_schema.reconcile()",
            "procedure electric_schema.set_scope(IN scope text) security definer",
            "procedure electric_schema.unelectrify(IN relation regclass)",
            "schema _electric_meta",
            "schema electric_schema",
            "table _electric_meta.checkpoints",
            "table _electric_meta.ledgers",
            "table _electric_meta.migrations",
            "table _electric_meta.objects",
            "table _electric_meta.pruned",
            "table _electric_meta.scope",
            "table _electric_meta.seal",
            "table _electric_meta.traces",
            "table _electric_meta.unsealed",
            "view electric_schema.status",
        ];
        let members = lines(MEMBERS);
        assert_eq!(members, expected, "now:\n{}", members.join("\n"));
    }

    #[pg_test]
    fn every_member_has_a_comment() {
        let silent = lines(
            r"
            SELECT array_agg(i.type || ' ' || i.identity) FROM (
              SELECT d.classid, d.objid, 0 AS objsubid FROM pg_depend d
              WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'electric_schema')
              UNION ALL
              SELECT 'pg_class'::regclass, a.attrelid, a.attnum FROM pg_attribute a
              JOIN pg_class c ON c.oid = a.attrelid
              WHERE c.relnamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace)
                AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
            ) member, pg_identify_object(member.classid, member.objid, member.objsubid) i
            WHERE i.identity !~ '^tests\M'
              AND NOT (member.classid = 'pg_type'::regclass
                       AND EXISTS (SELECT FROM pg_type t JOIN pg_class c ON c.reltype IN (t.oid, t.typelem) WHERE t.oid = member.objid AND c.relkind <> 'c'))
              AND NOT EXISTS (SELECT FROM pg_description t
                              WHERE (t.classoid, t.objoid, t.objsubid) = (member.classid, member.objid, member.objsubid))",
        );
        assert!(silent.is_empty(), "without a COMMENT: {silent:?}");
    }

    #[pg_test]
    fn every_function_pins_its_search_path_or_runs_as_its_caller() {
        let open = lines(
            r"
            SELECT array_agg(p.oid::regprocedure::text) FROM pg_proc p
            WHERE p.pronamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace) AND p.prosecdef
              AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']",
        );
        assert!(open.is_empty(), "{open:?}");
    }

    #[pg_test]
    fn public_has_nothing() {
        let open = lines(
            r"
            SELECT array_agg(what) FROM (
              SELECT p.oid::regprocedure::text AS what, coalesce(p.proacl, acldefault('f', p.proowner)) AS acl FROM pg_proc p
              WHERE p.pronamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace)
              UNION ALL
              SELECT c.oid::regclass::text, coalesce(c.relacl, acldefault('r', c.relowner)) FROM pg_class c
              WHERE c.relnamespace IN ('_electric_meta'::regnamespace, 'electric_schema'::regnamespace) AND c.relkind IN ('r', 'v')
              UNION ALL
              SELECT n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner)) FROM pg_namespace n
              WHERE n.nspname IN ('_electric_meta', 'electric_schema')
            ) o WHERE EXISTS (SELECT FROM aclexplode(o.acl) WHERE grantee = 0)",
        );
        assert!(open.is_empty(), "{open:?}");
    }

    #[pg_test]
    fn nothing_hides_ddl_from_the_event_triggers() {
        let hidden = lines("SELECT array_agg(evtname::text) FROM pg_event_trigger WHERE evtname LIKE 'electric_schema%' AND evtenabled <> 'A'");
        assert!(hidden.is_empty(), "{hidden:?}");
    }
}
