import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** How a test's output with the extension differs from that without: the lines that go (-) and come (+). */
export function unlike(bare, extended) {
  for (const file of [bare, extended]) if (!existsSync(file)) return [`there is no ${file}`]
  const before = readFileSync(bare, 'utf8')
  // What is not distributed is said in a NOTICE, which with a higher client_min_messages would not be there either.
  const after = readFileSync(extended, 'utf8').replace(/^NOTICE:  electric_schema: .*\n/gm, '')
  if (before === after) return []
  const lines = diff(bare, after, '--ignore-all-space')
  return lines.length > 0 ? lines : diff(bare, after)
}

function diff(bare, after, ...options) {
  const { status, stdout, stderr } = spawnSync('diff', ['--text', '--unified=0', ...options, bare, '-'], { input: after, encoding: 'utf8' })
  if (status !== 1) throw new Error(`diff ended with status ${status}: ${stderr}`)
  // Two lines of file names come first.
  return stdout.split('\n').slice(2).filter((line) => /^[-+]/.test(line)).map((line) => line.trimEnd())
}

/** What is explained in differences/: the lines of the file that has the test's name, without its comments. */
export function listed(what) {
  const file = new URL(`differences/${what.replace(/\W+/g, '_')}`, import.meta.url)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'))
}

/** Lines that are not explained, and explanations of lines that are not there. */
export function unexplained(lines, explanations) {
  const less = [...explanations]
  const more = lines.filter((line) => {
    const at = less.findIndex((explanation) => pattern(explanation).test(line))
    if (at >= 0) less.splice(at, 1)
    return at < 0
  })
  return { more, less }
}

// <n> stands for any number.
function pattern(explanation) {
  const parts = explanation.split('<n>').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('\\d+')}$`)
}
