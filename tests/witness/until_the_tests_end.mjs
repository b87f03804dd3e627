// Ends a process of node together with the tests that started it, whichever way these end: they hold its stdin.
//
//   node --import until_the_tests_end.mjs …

process.stdin.on("close", () => process.exit()).resume();
