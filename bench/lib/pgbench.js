import { spawn } from 'node:child_process'

// Of the backend: how long it has had a processor, in nanoseconds.
const PROCESSOR = "SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)"

/**
 * How long each statement takes, and how long the backend had a processor for all of them, in milliseconds. Each is its own transaction unless they say
 * BEGIN. `:n` counts the repetitions. What a session does only once is no part of it: the first repetitions are left out.
 */
export async function latencies({ cluster, database, options }, statements, times, warm = Math.ceil(times / 10)) {
  const body = statements.join(';\n') + ';'
  const read = (n, name) => `\\if :n = ${n}\n${PROCESSOR} AS ${name} \\gset\n\\endif\n`
  const script = `\\set n :n + 1\n${read(warm + 1, 'before')}\\if :n <= ${warm}\n${body}\n\\else\n${body}\n\\endif\n${read(warm + times, 'after')}
    \\if :n = ${warm + times}\n\\shell echo processor :before :after\n\\endif\n`
  const out = await pgbench(cluster.environment(database, options), ['-n', '-r', '-t', warm + times, '-D', 'n=0', '-f', '-'], script)
  const found = [...out.matchAll(/^ +(\d+\.\d+) +\d+ +([^\\\s].*)$/gm)].filter(([, , text]) => !text.startsWith(PROCESSOR)).map(([, time]) => Number(time))
  if (found.length !== 2 * statements.length) throw new Error(`pgbench told of ${found.length} statements:\n${out}`)
  const [, before, after] = out.match(/^processor (\d+) (\d+)$/m)
  return { statements: found.slice(statements.length), processor: (after - before) / 1e6 / times }
}

/** Repeats statements, for what they leave behind. */
export function repeat({ cluster, database }, statements, times, first = 0) {
  const script = `\\set n :n + 1\n${statements.join(';\n')};\n`
  return pgbench(cluster.environment(database), ['-n', '-t', times, '-D', `n=${first}`, '-f', '-'], script)
}

/** Transactions a second of one session, prepared. */
export async function rate({ cluster, database }, { script, builtin, variables = {}, seconds }) {
  const what = builtin ? ['-b', builtin] : ['-n', '-f', '-']
  const defined = Object.entries(variables).flatMap(([name, value]) => ['-D', `${name}=${value}`])
  const out = await pgbench(cluster.environment(database), [...what, '-M', 'prepared', '-T', seconds, ...defined], script)
  return Number(out.match(/^tps = ([\d.]+)/m)[1])
}

/** Tables of pgbench's own. */
export function initialise({ cluster, database }, scale) {
  return pgbench(cluster.environment(database), ['-i', '-q', '-s', scale])
}

function pgbench(env, args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn('pgbench', args.map(String), { env, stdio: ['pipe', 'pipe', 'pipe'] })
    let out = ''
    let complaint = ''
    child.stdout.on('data', (text) => (out += text))
    child.stderr.on('data', (text) => (complaint += text))
    child.on('error', reject)
    child.on('close', (status) => (status === 0 ? resolve(out) : reject(new Error(`pgbench ended with ${status}: ${complaint.slice(-2000)}`))))
    child.stdin.end(input)
  })
}
