#!/usr/bin/env node
// Runs the documentation: every SQL block of README.md and docs/*.md, in order, each file in a database of its own. See README.md beside
// this file for what a block may look like and how its output is compared.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const ROOT = path.resolve(__dirname, '../..');
const PROMPT = /^\w[\w-]*=[#>](?: |$)/;
const CONTINUATION = /^\w[\w-]*[-'"$(*][#>](?: |$)/;
const COMMAND_TAG =
  /^(CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|INSERT|UPDATE|DELETE|MERGE|COPY|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|RESET|DO|CALL|LISTEN|NOTIFY|UNLISTEN|LOCK|PREPARE|DEALLOCATE|DISCARD|REINDEX|ANALYZE|VACUUM|REFRESH|SELECT|REASSIGN|IMPORT|SECURITY)\b[A-Z 0-9_]*$/;

/** The blocks of a page: fences and the `<!-- docs: … -->` remarks, in order. */
function readBlocks(text) {
  const blocks = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const fence = lines[i].match(/^(\s*)(`{3,}|~{3,})\s*(\w*)/);
    if (fence) {
      const [, indent, ticks, language] = fence;
      const block = { kind: 'fence', language: language.toLowerCase(), line: i + 1, body: [] };
      while (++i < lines.length && lines[i].trim() !== ticks) {
        block.body.push(lines[i].startsWith(indent) ? lines[i].slice(indent.length) : lines[i]);
      }
      blocks.push(block);
      continue;
    }
    const remark = lines[i].match(/^\s*<!--\s*docs:\s*(.*)$/);
    if (remark) {
      const block = { kind: 'remark', line: i + 1, body: [remark[1]] };
      while (!lines[i].includes('-->') && ++i < lines.length) block.body.push(lines[i]);
      const [word, ...rest] = block.body.join('\n').replace(/\s*-->[^]*$/, '').split(/[\s:]+/);
      block.word = word;
      block.rest = block.body.join('\n').replace(/\s*-->[^]*$/, '').slice(word.length).replace(/^[\s:]+/, '');
      if (!['skip', 'error', 'fresh', 'run'].includes(word)) throw new Error(`line ${i + 1}: unknown remark "${word} ${rest}"`);
      blocks.push(block);
      continue;
    }
    // Prose between a block and an output means that they do not belong together.
    if (lines[i].trim() && blocks.at(-1)?.kind !== 'prose') blocks.push({ kind: 'prose' });
  }
  return blocks;
}

/** A psql session as steps: what was typed at the prompt, and what came back. */
function readSession(lines) {
  const steps = [];
  let step;
  const complete = () => /;\s*(--.*)?$/.test(step.sql) || /^\s*\\/.test(step.sql) || /\\g\w*\s*$/.test(step.sql);
  for (const line of lines) {
    if (PROMPT.test(line)) {
      step = { sql: line.replace(PROMPT, ''), expected: '' };
      steps.push(step);
    } else if (step && CONTINUATION.test(line)) {
      step.sql += '\n' + line.replace(CONTINUATION, '');
    } else if (step && !step.expected && !complete()) {
      step.sql += '\n' + line;
    } else if (step) {
      step.expected += line + '\n';
    }
  }
  return steps;
}

/** What a page asks for: tests, each one block with its steps, grouped by database. */
function readTests(text) {
  const databases = [[]];
  const blocks = readBlocks(text);
  let remarks = {};
  blocks.forEach((block, i) => {
    if (block.kind === 'remark') {
      if (block.word === 'fresh') databases.push([]);
      else if (block.word === 'run') databases.at(-1).push({ line: block.line, hidden: true, steps: [{ sql: block.rest, expected: null }] });
      else remarks[block.word] = block.rest || true;
      return;
    }
    if (block.kind !== 'fence') return;
    const isSession = block.body.some((line) => PROMPT.test(line));
    if (!['sql', 'psql', 'postgresql', 'pgsql'].includes(block.language) && !(isSession && ['', 'console', 'text'].includes(block.language))) return;
    const next = blocks[i + 1];
    const hasOutput = next?.kind === 'fence' && ['text', 'output', 'console'].includes(next.language) && !next.body.some((line) => PROMPT.test(line));
    databases.at(-1).push({
      line: block.line,
      skip: remarks.skip,
      error: remarks.error,
      steps: isSession
        ? readSession(block.body)
        : [{ sql: block.body.join('\n'), expected: hasOutput ? next.body.join('\n') : null }],
    });
    remarks = {};
  });
  return databases.filter((tests) => tests.length > 0);
}

/** Output without what differs from run to run, and without what is only layout. */
function normalise(text) {
  const lines = text
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/\b[0-9a-f]{4,64}(…|\.\.\.)/g, '<hash>')
    .replace(/<hash>|<64 hex>|\b[0-9a-f]{8,64}\b/g, '<hash>')
    .replace(/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?/g, '<time>')
    .replace(/\b[0-9A-F]{1,8}\/[0-9A-F]{5,8}\b/g, '<lsn>')
    .replace(/"(xid|lsn|pid|oid)"(\s*:\s*)"?[^",}\s]+"?/g, '"$1"$2<$1>')
    .replace(/^((?:xid|lsn|pid|oid)\s*\|\s*)\S+/gm, '$1<id>')
    .split('\n');
  // In a table, the columns with these names, too.
  lines.forEach((line, i) => {
    if (!/^-+(\+-+)*$/.test(line.trim()) || i === 0) return;
    const names = lines[i - 1].split('|').map((name) => name.trim());
    const volatileColumns = names.flatMap((name, n) => (['xid', 'lsn', 'pid', 'oid'].includes(name) ? [n] : []));
    if (volatileColumns.length === 0) return;
    for (let row = i + 1; row < lines.length && !/^\(\d+ rows?\)$/.test(lines[row].trim()) && lines[row].trim(); row++) {
      const cells = lines[row].split('|');
      for (const n of volatileColumns) if (cells[n]?.trim()) cells[n] = '<id>';
      lines[row] = cells.join('|');
    }
  });
  return lines
    .map((line) => line.replace(/-{2,}/g, '-').replace(/\s+/g, ' ').trim())
    // "a|b" and "a | b" are one table in two widths.
    .map((line) => line.replace(/ ?\| ?/g, '|').replace(/ ?\+$/, '+'))
    .filter((line) => line && !COMMAND_TAG.test(line));
}

/** Is `actual` what `expected` shows? In `expected`, … is any text within a line, and any lines when it stands alone. */
function matches(expected, actual) {
  if (expected.length === 0) return actual.length === 0;
  const [line, ...rest] = expected;
  if (line === '…' || line === '...') {
    for (let i = 0; i <= actual.length; i++) if (matches(rest, actual.slice(i))) return true;
    return false;
  }
  if (actual.length === 0) return false;
  const pattern = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`).test(actual[0]) && matches(rest, actual.slice(1));
}

/** Runs the steps in one psql session; gives the output of each, null for one that was never reached. */
function runSession(database, steps) {
  const marker = (n) => `--8<-- ${n} --8<--`;
  const input = steps
    // A statement without its semicolon must not swallow the marker; an empty one does nothing.
    .map(({ sql }, n) => `\\echo '${marker(n)}'\n${sql}\n${/^\s*\\[^;]*$/.test(sql) ? '' : ';\n'}`)
    .concat(`\\echo '${marker(steps.length)}'\n`)
    .join('');
  // Errors and results come in order only when they go through one pipe.
  const { stdout, status, error } = spawnSync('sh', ['-c', 'exec psql -X -d "$0" 2>&1', database], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PGTZ: 'UTC', PGCLIENTENCODING: 'UTF8', PAGER: '' },
  });
  if (error) throw error;
  return steps.map((_, n) => {
    const start = stdout.indexOf(marker(n) + '\n');
    if (start < 0) return { output: stdout.slice(-2000) + `\n(psql ended with status ${status})`, reached: false };
    const from = start + marker(n).length + 1;
    const end = stdout.indexOf(marker(n + 1) + '\n', from);
    return { output: stdout.slice(from, end < 0 ? undefined : end), reached: end >= 0 };
  });
}

function psql(database, sql) {
  const { status, stderr } = spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', database, '-c', sql], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
}

function main() {
  if (!process.env.PGHOST) {
    const again = spawnSync(path.join(ROOT, 'scripts/cluster'), ['run', '--', process.execPath, __filename, ...process.argv.slice(2)], { stdio: 'inherit' });
    process.exit(again.status ?? 1);
  }
  const docs = path.join(ROOT, 'docs');
  const all = ['README.md', ...(fs.existsSync(docs) ? fs.readdirSync(docs).sort().map((name) => `docs/${name}`) : [])];
  const wanted = process.argv.slice(2);
  const files = wanted.length ? wanted : all.filter((name) => name.endsWith('.md') && fs.existsSync(path.join(ROOT, name)));
  let passed = 0;
  let failed = 0;
  let skipped = 0;

  for (const file of files) {
    const text = fs.readFileSync(path.resolve(ROOT, file), 'utf8');
    for (const tests of readTests(text)) {
      const live = tests.filter((test) => !test.skip);
      for (const test of tests.filter((test) => test.skip)) {
        console.log(`skip  ${file}:${test.line}  ${test.skip === true ? '' : test.skip}`);
        skipped++;
      }
      const database = `docs_${passed + failed + skipped}`;
      psql('postgres', `CREATE DATABASE ${database} TEMPLATE template0`);
      // A page that does not install the extension itself is about a database that has it.
      const sql = live.flatMap((test) => test.steps.map((step) => step.sql)).join('\n');
      if (!/CREATE\s+EXTENSION[^;]*electric_schema/i.test(sql)) psql(database, 'CREATE EXTENSION electric_schema');

      const results = runSession(database, live.flatMap((test) => test.steps));
      for (const test of live) {
        const problems = [];
        for (const step of test.steps) {
          const { output, reached } = results.shift();
          const hasError = /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):|^invalid command \\/m.test(output);
          const expected = step.expected === null ? null : normalise(step.expected);
          const actual = normalise(output);
          let problem = null;
          if (!reached) problem = 'the session did not get past this:';
          else if (expected !== null && !matches(expected, actual)) problem = `expected:\n${expected.join('\n')}\nbut got:`;
          else if (expected === null && test.error && !hasError) problem = 'an error was expected, but got:';
          else if (expected === null && !test.error && hasError) problem = 'it failed:';
          if (problem) problems.push(`${step.sql.trim()}\n${problem}\n${reached ? (expected ? actual.join('\n') : output.trim()) : output}`);
        }
        if (test.hidden && problems.length === 0) continue;
        console.log(`${problems.length ? 'FAIL' : 'ok'}${problems.length ? '  ' : '    '}${file}:${test.line}`);
        for (const problem of problems) console.log(problem.replace(/^/gm, '      '));
        if (problems.length) failed++;
        else passed++;
      }
      psql('postgres', `DROP DATABASE ${database} WITH (FORCE)`);
    }
  }
  // Queries for a monitoring tool: each has to run, with the metrics that it promises as its columns.
  for (const file of wanted.length ? [] : all.filter((name) => name.endsWith('.yaml'))) {
    psql('postgres', 'CREATE DATABASE docs_queries TEMPLATE template0');
    psql('docs_queries', 'CREATE EXTENSION electric_schema');
    const lines = fs.readFileSync(path.resolve(ROOT, file), 'utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      const query = line.match(/^  query: "(.*)"$/)?.[1];
      if (!query) continue;
      const rest = lines.slice(i + 1, lines.findIndex((other, n) => n > i && /^\w/.test(other)) + 1 || undefined);
      const metrics = rest.flatMap((other) => other.match(/^    - (\w+): \{/)?.[1] ?? []);
      const [{ output }] = runSession('docs_queries', [{ sql: `${query} \\gdesc` }]);
      const columns = [...output.matchAll(/^ (\w+) +\| \w/gm)].map((match) => match[1]).filter((name) => name !== 'Column');
      const [{ output: rows }] = runSession('docs_queries', [{ sql: `${query};` }]);
      const same = columns.length > 0 && columns.join() === metrics.join() && /^\(1 row\)$/m.test(rows);
      console.log(`${same ? 'ok  ' : 'FAIL'}  ${file}:${i + 1}`);
      if (!same) console.log(`      columns ${columns}\n      metrics ${metrics}\n${output}${rows}`.replace(/\n(?!      )/g, '\n      '));
      if (same) passed++;
      else failed++;
    }
    psql('postgres', 'DROP DATABASE docs_queries WITH (FORCE)');
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed ? 1 : 0);
}

main();
