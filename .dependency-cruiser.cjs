// The arrows of the map: what may import what. A wrong arrow fails `npm test`.
const layers = [
  "network",
  "baremetal",
  "frontend",
  "hypervisor",
  "host-list",
  "flexible-ip",
  "tls",
  "access",
  "logs",
  "monitoring",
  "backup",
  "security",
  "secrets",
];
const forbid = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });

module.exports = {
  forbidden: [
    forbid(
      "no-lab-in-product",
      { path: "^(index\\.ts|config|catalogue|components|opennebula|provider|onhost|policies|operations)" },
      { path: "^lab/" },
      "the product never imports the lab",
    ),
    forbid(
      "only-tests-and-bench-use-the-lab",
      { pathNot: "^(lab|tests|bench)/" },
      { path: "^lab/" },
      "only tests and bench import the lab",
    ),
    forbid("nothing-imports-tests", { pathNot: "^(tests|bench)/" }, { path: "^tests/" }, "tests are nobody's library"),
    forbid(
      "components-arrow",
      { path: "^components/" },
      { path: "^(config|operations|policies|onhost|opennebula|index\\.ts)" },
      "components take plain arguments; only the stack program reads the configuration",
    ),
    forbid(
      "components-see-only-the-providers-types",
      { path: "^components/" },
      { path: "^provider/", pathNot: "^provider/types\\.ts$" },
      "components know the provider by its types alone",
    ),
    forbid(
      "catalogue-is-a-leaf",
      { path: "^catalogue/" },
      { path: "^(config|components|opennebula|provider|onhost|policies|operations|index\\.ts)" },
      "everything derives from the catalogue, it derives from nothing",
    ),
    forbid(
      "config-is-a-leaf",
      { path: "^config/" },
      { path: "^(components|opennebula|provider|onhost|policies|operations|index\\.ts)" },
      "configuration knows no resources, only the catalogue's words",
    ),
    forbid(
      "opennebula-has-no-pulumi",
      { path: "^opennebula/" },
      { path: "(^(config|catalogue|components|provider|onhost|policies|operations|index\\.ts)|node_modules/@pulumi)" },
      "the client is plain",
    ),
    forbid(
      "provider-arrow",
      { path: "^provider/" },
      { path: "^(config|catalogue|components|onhost|policies|operations|index\\.ts)" },
      "the provider stands on the client alone",
    ),
    ...layers.map((layer) =>
      forbid(
        `layer-${layer}`,
        { path: `^components/${layer}/` },
        { path: `^components/(${layers.filter((other) => other !== layer).join("|")})/`, pathNot: "/outputs\\.ts$" },
        "layers hand each other outputs, nothing else",
      ),
    ),
    forbid(
      "no-circles",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
      "no circles, apart from types that name each other",
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.lab|examples|tests/recordings|coverage)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: "specify",
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["require", "node", "default"] },
  },
};
