// Counts what holds and what does not.

export const counts = { passed: 0, failed: 0 }

export async function check(what, test) {
  try {
    await test()
    counts.passed++
    console.log(`  ok    ${what}`)
  } catch (error) {
    counts.failed++
    const text = String(error.stderr || error.stack || error)
    console.log(`  FAIL  ${what}\n${text.split("\n").slice(0, 40).map((line) => `          ${line}`).join('\n')}`)
  }
}

export function total() {
  console.log(`${counts.passed} passed, ${counts.failed} failed, 0 skipped`)
  process.exitCode = counts.failed > 0 ? 1 : 0
}
