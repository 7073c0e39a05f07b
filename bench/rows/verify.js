import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inTurn } from '../lib/rounds.js'
import { ledger } from '../lib/templates.js'

// What the hashes of an entry are made of.
const BYTES = `COPY (SELECT parent_hash, seq, class, reset_version, schema_hash, statements, changes, changes_digest, private_digest,
  salt, source, recorded_by, recorded_at, application_name, xid, lsn, label FROM _electric_meta.migrations ORDER BY seq) TO STDOUT`

/** The whole chain, against a plain SHA-256 over what is in it. */
export async function verify(bench) {
  const { cluster, sizes } = bench
  const database = await ledger(cluster, sizes.entries.at(-1), bench.say)
  const file = fileURLToPath(new URL('../../target/bench/bytes', import.meta.url))
  try {
    const out = openSync(file, 'w')
    execFileSync('psql', ['-X', '-q', '-c', BYTES], { env: cluster.environment(database), stdio: ['ignore', out, 'inherit'] })
    closeSync(out)
    const entries = await cluster.value(database, 'SELECT seq::int FROM electric_schema.head()')
    const measure = {
      sha256sum: async () => execFileSync('sha256sum', [file]),
      'verify()': async () => {
        const { ok, entries: seen } = await cluster.value(database, 'SELECT electric_schema.verify()')
        if (!ok || seen !== entries) throw new Error(`verify() found ${seen} entries, ok: ${ok}`)
      },
    }
    const samples = await inTurn(bench, 'verify', Object.keys(measure), async (name) => {
      const started = performance.now()
      await measure[name]()
      return performance.now() - started
    })
    return {
      title: 'The chain verified',
      rows: [{
        what: 'verify()', where: `${entries} entries, ${(statSync(file).size / 1e6).toFixed(0)} MB`, against: 'sha256sum of the same bytes', unit: 'ms',
        goal: { atMost: 5 }, base: samples.of('sha256sum'), measured: samples.of('verify()'),
      }],
    }
  } finally {
    rmSync(file, { force: true })
  }
}
