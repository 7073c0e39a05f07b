import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { electrify } from '../cli/electrify.js'

const BREAKPOINT = '--> statement-breakpoint'

/** One file after the change; undefined when there is nothing to change. A second run never changes anything. */
function patched(text, options) {
  const files = [{ path: 'a.sql', text }]
  const [changed] = electrify(files, options)
  if (changed) assert.deepEqual(electrify([{ path: 'a.sql', text: changed.text }], options), [])
  return changed?.text
}

const lines = (...list) => list.join('\n')

test('a call behind every CREATE TABLE', () => {
  const text = lines(
    'CREATE TABLE "users" (',
    '\t"id" serial PRIMARY KEY',
    ');',
    BREAKPOINT,
    'CREATE TABLE IF NOT EXISTS "app"."Tasks" ("id" int);',
    BREAKPOINT,
    'ALTER TABLE "users" ADD COLUMN "name" text;',
    '',
  )
  assert.equal(
    patched(text),
    lines(
      'CREATE TABLE "users" (',
      '\t"id" serial PRIMARY KEY',
      ');',
      BREAKPOINT,
      `CALL electric_schema.electrify('"users"');`,
      BREAKPOINT,
      'CREATE TABLE IF NOT EXISTS "app"."Tasks" ("id" int);',
      BREAKPOINT,
      `CALL electric_schema.electrify('"app"."Tasks"');`,
      BREAKPOINT,
      'ALTER TABLE "users" ADD COLUMN "name" text;',
      '',
    ),
  )
})

test('several statements in a chunk, and none that ends with a semicolon', () => {
  assert.equal(
    patched('create table a (id int); DROP TABLE a;create table b (id int)'),
    lines(
      'create table a (id int);',
      BREAKPOINT,
      "CALL electric_schema.electrify('a');",
      `${BREAKPOINT} DROP TABLE a;create table b (id int)`,
      ';',
      BREAKPOINT,
      "CALL electric_schema.electrify('b');",
    ),
  )
  assert.equal(
    patched(`CREATE TABLE a (id int) -- no more\n${BREAKPOINT}\nSELECT 1`),
    lines('CREATE TABLE a (id int) -- no more', ';', BREAKPOINT, `CALL electric_schema.electrify('a');${BREAKPOINT}`, 'SELECT 1'),
  )
})

test('lines that end with CRLF', () => {
  const text = `CREATE TABLE a (\r\n  id int\r\n);${BREAKPOINT}\r\nSELECT 1;\r\n`
  assert.equal(
    patched(text),
    `CREATE TABLE a (\r\n  id int\r\n);\r\n${BREAKPOINT}\r\nCALL electric_schema.electrify('a');${BREAKPOINT}\r\nSELECT 1;\r\n`,
  )
})

test('names as they are written', () => {
  const calls = (text) => [...patched(text).matchAll(/electrify\('(.*)'\);/g)].map(([, name]) => name)
  assert.deepEqual(calls('CREATE TABLE Tasks (id int)'), ['Tasks'])
  assert.deepEqual(calls('CREATE TABLE "we""ird; name" (id int)'), ['"we""ird; name"'])
  assert.deepEqual(calls(`CREATE TABLE "it's" (id int)`), [`"it''s"`])
  assert.deepEqual(calls('CREATE TABLE app . "a.b" (id int)'), ['app."a.b"'])
  assert.deepEqual(calls('CREATE /* why */ TABLE -- not\n größe$1 AS SELECT 1'), ['größe$1'])
  assert.deepEqual(calls('CREATE TABLE partition_of (id int)'), ['partition_of'])
  assert.deepEqual(calls('-- a note; with a semicolon\nCREATE TABLE a(id int)'), ['a'])
  assert.deepEqual(calls('CREATE TABLE p (id int) PARTITION BY LIST (id)'), ['p'])
})

test('what is no table for clients, or no CREATE TABLE at all', () => {
  for (const text of [
    '-- CREATE TABLE a (id int);',
    '/* CREATE TABLE a (id int); /* CREATE TABLE b (id int); */ CREATE TABLE c (id int); */',
    "INSERT INTO notes VALUES ('; CREATE TABLE a (id int);')",
    String.raw`SELECT E'\'; CREATE TABLE a (id int); '`,
    'SELECT 1 AS "; CREATE TABLE a (id int);"',
    'DO $$ BEGIN CREATE TABLE a (id int); END $$;',
    'CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $body$; CREATE TABLE a (id int); $$ $body$;',
    'CREATE TEMP TABLE a (id int);',
    'CREATE TABLE pg_temp.a (id int);',
    'CREATE UNLOGGED TABLE a (id int);',
    'CREATE FOREIGN TABLE a (id int) SERVER s;',
    'CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);',
    'CREATE TABLE "p 1" /* a */ PARTITION -- b\n OF p DEFAULT;',
    'CREATE TABLESPACE a LOCATION $$/x$$;',
    'CREATE TYPE t AS (a int);',
    'COMMENT ON TABLE a IS $x$ CREATE TABLE b (id int); $x$',
    '',
  ]) {
    assert.equal(patched(text), undefined, text)
  }
})

test('what is decided already', () => {
  const created = 'CREATE TABLE "tasks" (id int);'
  for (const decision of [
    `CALL electric_schema.electrify('tasks');`,
    `call electric_schema . electrify( 'public."tasks"'::regclass );`,
    `CALL electric_schema.unelectrify('TASKS');`,
  ]) {
    assert.equal(patched(`${created}\n${BREAKPOINT}\n${decision}`), undefined, decision)
  }
  for (const another of [`CALL electric_schema.electrify('app.tasks');`, `-- CALL electric_schema.electrify('tasks');`]) {
    assert.ok(patched(`${created}\n${another}`), another)
  }
  // In a later file, but before the table is made again.
  const call = "CALL electric_schema.electrify('tasks');"
  const files = (...texts) => texts.map((text, i) => ({ path: `${i}.sql`, text }))
  assert.deepEqual(electrify(files(created, 'SELECT 1', call)), [])
  assert.deepEqual(electrify(files(`${created} ${call}`, 'DROP TABLE tasks;', created)).map(({ path }) => path), ['2.sql'])
  assert.deepEqual(electrify(files(call, created)).map(({ path }) => path), ['1.sql'])
})

test('the old syntax', () => {
  assert.equal(
    patched(lines('CREATE TABLE "items" (id int);', BREAKPOINT, 'ALTER TABLE "items" ENABLE ELECTRIC;', '')),
    lines('CREATE TABLE "items" (id int);', BREAKPOINT, `CALL electric_schema.electrify('"items"');`, ''),
  )
  assert.equal(
    patched('-- on the client, too\nalter table if exists only app.items enable electric ; SELECT 1'),
    "-- on the client, too\nCALL electric_schema.electrify('app.items') ; SELECT 1",
  )
  assert.equal(patched('ALTER TABLE a DISABLE ELECTRIC'), "CALL electric_schema.unelectrify('a')")
  for (const text of [
    'ALTER TABLE a ENABLE ROW LEVEL SECURITY;',
    '-- ALTER TABLE a ENABLE ELECTRIC;',
    "SELECT 'ALTER TABLE a ENABLE ELECTRIC;'",
    'DO $$ BEGIN ALTER TABLE a ENABLE ELECTRIC; END $$',
  ]) {
    assert.equal(patched(text), undefined, text)
  }
  // A table of an earlier file, and one that is made in this one.
  const files = [
    { path: '0.sql', text: 'CREATE TABLE a (id int);' },
    { path: '1.sql', text: 'CREATE TABLE b (id int);\nALTER TABLE a ENABLE ELECTRIC;' },
  ]
  const changed = electrify(files)
  assert.deepEqual(changed.map(({ path, electrified, translated }) => ({ path, electrified, translated })), [
    { path: '1.sql', electrified: ['b'], translated: ['a'] },
  ])
})

test('tables that are excepted', () => {
  const text = 'CREATE TABLE session (id int); CREATE TABLE audit.log (id int); CREATE TABLE "A*b" (id int);'
  const names = (...except) => electrify([{ path: 'a', text }], { except })[0]?.electrified ?? []
  assert.deepEqual(names('session', 'audit.*'), ['"A*b"'])
  assert.deepEqual(names('A*'), ['session', 'audit.log'])
  assert.deepEqual(names('log', 'sess'), ['session', '"A*b"'])
  assert.deepEqual(names('*'), [])
})

// ---- the command -----------------------------------------------------------------------------------------------------------------

const command = fileURLToPath(new URL('../bin/electrify-migrations.js', import.meta.url))

function run(...args) {
  try {
    return { code: 0, out: execFileSync(process.execPath, [command, ...args], { encoding: 'utf8', stdio: 'pipe' }) }
  } catch ({ status, stdout, stderr }) {
    return { code: status, out: stdout, error: stderr }
  }
}

function withFolder(files, check) {
  const folder = mkdtempSync(join(tmpdir(), 'electrify-'))
  try {
    mkdirSync(join(folder, 'meta'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    check(folder, (name) => readFileSync(join(folder, name), 'utf8'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the command changes a Drizzle folder once, and --check tells whether it would', () => {
  const journal = JSON.stringify({ entries: [{ idx: 1, tag: 'b' }, { idx: 0, tag: 'z' }] })
  const files = {
    'meta/_journal.json': journal,
    'z.sql': 'CREATE TABLE a (id int);\n',
    'b.sql': "CALL electric_schema.electrify('a');\n--> statement-breakpoint\nCREATE TABLE b (id int);\n",
    'not_in_the_journal.sql': 'CREATE TABLE c (id int);\n',
  }
  withFolder(files, (folder, read) => {
    const check = run('--check', folder)
    assert.deepEqual([check.code, check.out.trim().split('\n').at(-1)], [1, '1 of 2 files would change'])
    assert.equal(read('b.sql'), files['b.sql'])
    const first = run(folder)
    assert.equal(first.out, `${join(folder, 'b.sql')}: b is electrified\n1 of 2 files changed\n`)
    assert.match(read('b.sql'), /CREATE TABLE b \(id int\);\n--> statement-breakpoint\nCALL electric_schema\.electrify\('b'\);\n$/)
    assert.deepEqual([read('z.sql'), read('not_in_the_journal.sql')], [files['z.sql'], files['not_in_the_journal.sql']])
    assert.deepEqual(run('--check', folder), { code: 0, out: '0 of 2 files would change\n' })
    assert.equal(run(folder).out, '0 of 2 files changed\n')
  })
})

test('the command takes plain .sql files in the order of their numbers, and exceptions', () => {
  const files = { '10_again.sql': 'CREATE TABLE a (id int)', '9_first.sql': 'CREATE TABLE a (id int); DROP TABLE a', '9_first.down.sql': 'CREATE TABLE x (id int)' }
  withFolder(files, (folder, read) => {
    assert.equal(run('--check', '--except', 'a', folder).code, 0)
    assert.match(run(folder).out, /2 of 2 files changed/)
    assert.equal(read('9_first.down.sql'), files['9_first.down.sql'])
  })
})

test('the command says what is wrong', () => {
  withFolder({}, (folder) => {
    assert.match(run(folder).error, /holds no migrations/)
    assert.match(run(join(folder, 'nowhere')).error, /ENOENT/)
    assert.match(run('--wrong').error, /--help/)
    assert.match(run(folder, folder).error, /One folder/)
    assert.deepEqual([run(folder), run('--wrong'), run(folder, folder)].map(({ code }) => code), [2, 2, 2])
    assert.match(run('--help').out, /--check/)
  })
})
