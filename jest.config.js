/** @type {import("jest").Config} */
const project = (name, testMatch, extra = {}) => ({
  displayName: name,
  rootDir: __dirname,
  testEnvironment: "node",
  testMatch,
  transform: { "\\.ts$": ["ts-jest", { diagnostics: false }] },
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.lab", "<rootDir>/examples", "<rootDir>/tests/recordings"],
  ...extra,
});

module.exports = {
  // A loaded machine is slow, not wrong; what has a deadline of its own states it.
  testTimeout: 30_000,
  projects: [
    project("unit", ["<rootDir>/tests/unit/**/*.test.ts", "<rootDir>/tests/regression/**/*.test.ts"]),
    project("conformance", ["<rootDir>/tests/conformance/**/*.test.ts"]),
    project("package", ["<rootDir>/tests/package/**/*.test.ts"]),
    project("e2e", ["<rootDir>/tests/e2e/**/*.test.ts"]),
    // The series of killed runs is short in every `npm test`, and long here: tests/run.ts sets ENGINE_KILLS.
    project("soak", ["<rootDir>/tests/soak/**/*.test.ts", "<rootDir>/tests/unit/engine/killed-runs.test.ts"]),
  ],
};
