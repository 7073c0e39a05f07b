// How people dump and restore. Each takes the name of the source and of an empty target, and a folder for its files.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const options = { maxBuffer: 1 << 28, env: { ...process.env, PGOPTIONS: '-c client_min_messages=warning' } }
export const run = (command, ...args) => exec(command, args, options)

export const psql = (database, file, ...more) => run('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', ...more, '-f', file, database)
const dump = (from, file, ...more) => run('pg_dump', ...more, '-f', file, from)

const plain = (dumping, restoring = []) => async (from, to, folder) => {
  const file = join(folder, 'dump.sql')
  await dump(from, file, ...dumping)
  await psql(to, file, ...restoring)
}
const custom = (restoring, dumping = []) => async (from, to, folder) => {
  const file = join(folder, 'dump')
  await dump(from, file, '-Fd', ...dumping)
  await run('pg_restore', '-e', ...restoring, '-d', to, file)
}

export const ways = {
  'plain, psql': plain([]),
  'plain, psql --single-transaction': plain([], ['--single-transaction']),
  'plain with INSERTs': plain(['--inserts']),
  'plain with INSERTs of columns, 10 rows each': plain(['--column-inserts', '--rows-per-insert=10']),
  'plain --clean --if-exists, over another': async (from, to, folder) => {
    await plain([])(from, to, folder)
    await run('psql', '-X', '-q', '-c', 'CREATE TABLE mine (id int); ', to)
    // Of partitions it cannot drop every constraint by itself, and says so.
    await plain(['--clean', '--if-exists'], ['-v', 'ON_ERROR_STOP=0'])(from, to, folder)
    await run('psql', '-X', '-q', '-c', 'DROP TABLE mine', to)
  },
  'pg_restore': custom([]),
  'pg_restore -j 4': custom(['-j', '4']),
  'pg_restore --single-transaction': custom(['--single-transaction']),
  'schema-only, then data-only': async (from, to, folder) => {
    const [schema, data] = ['schema', 'data'].map((name) => join(folder, name))
    await dump(from, schema, '-Fc', '--schema-only')
    await dump(from, data, '-Fc', '--data-only')
    await run('pg_restore', '-e', '-d', to, schema)
    await run('pg_restore', '-e', '--disable-triggers', '-d', to, data)
  },
  'sections one by one': async (from, to, folder) => {
    const file = join(folder, 'dump')
    await dump(from, file, '-Fc')
    for (const section of ['pre-data', 'data', 'post-data']) await run('pg_restore', '-e', `--section=${section}`, '-d', to, file)
  },
}
