import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { basename } from 'node:path'
import { plot } from './plot.js'
import { compare, median } from './statistics.js'

const HEADER = ['', 'where', 'against', 'its figure', 'measured', 'ratio', 'spread', 'goal', '']
// From here on, figures: to the right.
const FIGURES = 3

/** The report, and its plot beside it. */
export async function write(file, sections, bench) {
  const svg = file.replace(/\.md$/, '.svg')
  const plots = sections.flatMap(({ plots = [] }) => plots)
  if (plots.length > 0) writeFileSync(svg, plot(plots))
  const lines = [
    '# What it costs: results',
    `Written by \`make bench\`, ${bench.rounds} rounds${bench.quick ? ', **quick: sizes so small that the figures say nothing**' : ''}. ` +
      '[README.md](README.md) says what is measured, and how to read it.',
    (await conditions(bench)).map(([what, value]) => `- ${what}: ${value}`).join('\n'),
    `**${verdict(sections)}**`,
    ...sections.flatMap(({ title, rows, plots }) => [
      `## ${title}`,
      markdown(rows.map(cells)),
      ...(plots ? [`![${title}](${basename(svg)})`] : []),
    ]),
  ]
  writeFileSync(file, lines.join('\n\n') + '\n')
}

/** The same for a terminal. */
export function print(sections) {
  for (const { title, rows } of sections) {
    const table = [HEADER, ...rows.map(cells)]
    const widths = HEADER.map((_, n) => Math.max(...table.map((row) => row[n].length)))
    console.log(`\n${title}`)
    for (const row of table) console.log(`  ${row.map((cell, n) => (isFigure(n) ? cell.padStart(widths[n]) : cell.padEnd(widths[n]))).join('  ')}`.trimEnd())
  }
  console.log(`\n${verdict(sections)}`)
}

const isFigure = (column) => column >= FIGURES && column < HEADER.length - 1

function markdown(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(HEADER), line(HEADER.map((_, n) => (isFigure(n) ? '--:' : '---'))), ...rows.map(line)].join('\n')
}

function cells({ what, where = '', against = '', unit, base, measured, goal }) {
  const compared = base && compare(measured, base)
  return [
    what, where, against,
    base ? figure(median(base), unit) : '',
    figure(median(measured), unit),
    ...(compared ? [compared.ratio.toFixed(2), `${compared.least.toFixed(2)} – ${compared.most.toFixed(2)}`]
      : ['', `${figure(Math.min(...measured), unit)} – ${figure(Math.max(...measured), unit)}`]),
    goal ? wanted(goal) : '',
    goal ? (isMet(goal, compared) ? 'met' : '**not met**') : '',
  ]
}

function wanted({ atMost, atLeast }) {
  if (atMost) return `≤ ${atMost}`
  return atLeast ? `≥ ${atLeast}` : 'only noise'
}

function isMet({ atMost, atLeast }, { ratio, least, most }) {
  if (atMost) return ratio <= atMost
  if (atLeast) return ratio >= atLeast
  // Noise: now one of the two is faster, now the other.
  return least <= 1 && most >= 1
}

function verdict(sections) {
  const goals = sections.flatMap(({ rows }) => rows).filter(({ goal }) => goal)
  const met = goals.filter(({ goal, base, measured }) => isMet(goal, compare(measured, base))).length
  return goals.length > 0 ? `${met} of ${goals.length} goals met` : 'Measured; there is no goal'
}

function figure(value, unit) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`
}

async function conditions({ cluster }) {
  const settings = await cluster.value('postgres', `SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings
    WHERE source = 'command line' AND name NOT IN ('port', 'unix_socket_directories', 'listen_addresses')`)
  const extension = await cluster.value('postgres', `SELECT default_version FROM pg_available_extensions WHERE name = 'electric_schema'`)
  const memory = process.env.CLUSTER_DATA ? 'in memory (tmpfs)' : 'on disk'
  const { version } = JSON.parse(readFileSync(new URL('../../tests/e2e/node_modules/@electric-sql/pglite/package.json', import.meta.url)))
  return [
    ['machine', `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`],
    ['Postgres', (await cluster.value('postgres', 'SELECT version()')).split(' on ')[0]],
    ['extension', `electric_schema ${extension}, release build, commit ${commit()}`],
    ['settings', settings],
    ['data', memory],
    ['clients', `Node.js ${process.version}, PGlite ${version}`],
    ['date', new Date().toISOString().slice(0, 10)],
  ]
}

function commit() {
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', cwd: new URL('.', import.meta.url), stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../../src', '../../sql', '../../crates') ? ', with changes' : '')
  } catch {
    return 'unknown'
  }
}
