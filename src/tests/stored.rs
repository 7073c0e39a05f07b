//! What is read from rows as they are stored is what SQL says of them.

#[pgrx::pg_schema]
mod tests {
    use electric_schema_core::canonical::canonical;
    use electric_schema_core::jsonb;
    use pgrx::prelude::*;
    use serde_json::Value;

    use crate::sys;

    fn rows(query: &str) -> Vec<sys::Row> {
        Spi::run(&format!("CREATE TABLE public.stored AS {query}")).expect("the query runs");
        let table = sys::relation_oid("public", "stored").expect("the table");
        sys::scan(table, None, &[])
    }

    #[pg_test]
    fn jsonb_is_what_its_text_says() {
        let rows = rows(
            r#"SELECT v, v::text AS t FROM (VALUES
                 ('null'::jsonb), ('true'), ('7'), ('"text"'), ('""'), ('[]'), ('{}'), ('[[], {}, [[]], {"": {}}]'),
                 ('[0, -0, 1, -1, 9999, 10000, 10001, 100000000, -120000000, 9223372036854775807, -9223372036854775808, 18446744073709551615, 1e3]'),
                 ('{"b": [1, null, true, false], "a": "q\"\\\n\t\b\f\r\u0001\u001f\u007fé😀/", "aa": 1, "é": 2, "😀": 3, "\ue000": 4}'),
                 ((repeat('[', 100) || repeat(']', 100))::jsonb), (jsonb_build_object('a', repeat('é', 100000)))
               ) v (v)
               UNION ALL SELECT v, v::text FROM (SELECT jsonb_agg(jsonb_build_object('n', i, repeat('k', i % 50), i::text)) AS v FROM generate_series(-200, 200) i) s
               UNION ALL SELECT v, v::text FROM (SELECT jsonb_object_agg(md5(i::text), i) AS v FROM generate_series(1, 100) i) s
               UNION ALL SELECT v, v::text FROM (SELECT to_jsonb(c) AS v FROM pg_class c LIMIT 20) s"#,
        );
        assert!(rows.len() > 30);
        for row in rows {
            let text = row.text(2).expect("a text");
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let read =
                row.content(1).and_then(jsonb::read).map(|json| String::from_utf8(json.canonical()).expect("UTF-8"));
            assert_eq!(read, String::from_utf8(canonical(&value).expect("JSON")).ok(), "{text}");
        }
    }

    #[pg_test]
    fn a_list_is_read_only_as_it_is_written() {
        let rows = rows(
            "SELECT a FROM (VALUES (ARRAY['a', '', 'éé', repeat('x', 100000)]), ('{}'), (ARRAY['a', NULL]), (ARRAY[['a'], ['b']]), ('[2:2]={a}')) v (a)",
        );
        let read: Vec<_> = rows.iter().map(|row| row.list(1)).collect();
        let plain = ["a", "", "éé", &"x".repeat(100_000)].map(str::to_owned).to_vec();
        assert_eq!(read, [Some(plain), Some(vec![]), None, None, None]);
    }
}
