let passed = 0
let failed = 0

/** One line for each thing that is looked at; what is wrong with it below. */
export function check(what, problems) {
  if (problems.length === 0) {
    passed++
    console.log(`  ok    ${what}`)
    return
  }
  failed++
  console.log(`  FAIL  ${what}`)
  for (const line of problems.slice(0, 40)) console.log(`          ${line}`)
  if (problems.length > 40) console.log(`          … and ${problems.length - 40} more`)
}

/** What ends a test: the totals, also when it broke off. */
export async function main(name, test) {
  try {
    await test()
  } catch (error) {
    check(name, [error.stack, ...(error.code ? [`SQLSTATE ${error.code}`] : [])])
  }
  console.log(`${passed} passed, ${failed} failed, 0 skipped`)
  process.exit(failed > 0 ? 1 : 0)
}

/** What is not as it should be, as one line; none when it is. */
export function same(actual, expected) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)]
  return a === e ? [] : [`${a?.slice(0, 800)}`, `  should be ${e?.slice(0, 800)}`]
}

/** The error that the work ends with; null when it does not. */
export async function failure(work) {
  try {
    await work
    return null
  } catch (error) {
    return error
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
