// SPDX-License-Identifier: Apache-2.0
/** Programs that log to files: rsyslog follows the files and writes each line to the journal, which is what is sent on. */

/** Where the field comes from that says which VM a record is about. */
export const VM_FIELD = "OPENNEBULA_VM";
/** Where rsyslog notes how far it has read; must exist when its configuration is judged. */
export const READER_STATE = "/var/lib/opennebula-scaleway-log-files";

/** One ruleset of rsyslog and the files that it reads. */
interface Source {
  name: string;
  files: string[];
  /** First line of a record, where records have several. */
  start?: string;
  /** Statements that set the record's fields; `$.name` is the file's name without its ending. */
  fields: string[];
}

const set = (field: string, value: string): string => `set $!record!${field} = ${value};`;
/** oned writes `[Z0][VMM][E]: text`, FireEdge `[error]` or `ERROR`. */
const level = [
  `if re_match($msg, '[[]E[]]:|[[]error[]]| ERROR ') then { set $!record!PRIORITY = "3"; }`,
  `else if re_match($msg, '[[]W[]]:|[[]warn[]]| WARN ') then { set $!record!PRIORITY = "4"; }`,
  'else { set $!record!PRIORITY = "6"; }',
];
const vmInText = [
  `set $.vm = re_extract($msg, '(VM|vm|one-)[ =:]?([0-9]+)', 0, 2, "");`,
  `if $.vm != "" then { ${set(VM_FIELD, "$.vm")} }`,
];

const everywhere: Source[] = [
  {
    name: "converger",
    files: ["/var/log/opennebula-scaleway/*.log"],
    fields: [set("SYSLOG_IDENTIFIER", '"opennebula-scaleway-" & $.name'), set("PRIORITY", '"6"')],
  },
  {
    name: "qemu",
    files: ["/var/log/libvirt/qemu/*.log"],
    fields: [
      set("SYSLOG_IDENTIFIER", '"qemu"'),
      set("PRIORITY", '"6"'),
      `set $.vm = re_extract($.name, '^one-([0-9]+)$', 0, 1, "");`,
      `if $.vm != "" then { ${set(VM_FIELD, "$.vm")} }`,
    ],
  },
];

const frontend: Source[] = [
  {
    name: "one",
    // A VM's own log is named by its number; of the others each program has one of its name.
    files: ["/var/log/one/*.log", "/var/log/one/*.error"],
    fields: [
      `if re_match($.name, '^[0-9]+$') then {`,
      `  ${set("SYSLOG_IDENTIFIER", '"oned-vm"')}`,
      `  ${set(VM_FIELD, "$.name")}`,
      "} else {",
      `  ${set("SYSLOG_IDENTIFIER", "$.name")}`,
      ...vmInText.map((line) => `  ${line}`),
      "}",
      ...level,
    ],
  },
  {
    name: "mariadb-slow",
    files: ["/var/log/mysql/mariadb-slow.log"],
    start: "^# User@Host",
    fields: [set("SYSLOG_IDENTIFIER", '"mariadb-slow"'), set("PRIORITY", '"5"')],
  },
  {
    name: "proxy",
    files: ["/var/log/nginx/*.log"],
    fields: [
      set("SYSLOG_IDENTIFIER", '"nginx-" & $.name'),
      'if $.name == "error" then { set $!record!PRIORITY = "4"; } else { set $!record!PRIORITY = "6"; }',
    ],
  },
];

/**
 * rsyslog's configuration. Lines go through no queue: the place up to which a file was read is noted only when the journal has
 * the line, so a kill loses none.
 */
export function fileReader(isFrontend: boolean): string {
  const sources = isFrontend ? [...everywhere, ...frontend] : everywhere;
  return [
    "# opennebula-scaleway: files that programs log to, line by line into the journal",
    `global(workDirectory="${READER_STATE}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off")`,
    'main_queue(queue.type="Direct")',
    'module(load="imfile" mode="inotify")',
    'module(load="omjournal")',
    'module(load="lmregexp")',
    'template(name="record" type="subtree" subtree="$!record")',
    ...sources.flatMap(sourceLines),
    "",
  ].join("\n");
}

function sourceLines({ name, files, start, fields }: Source): string[] {
  const multiLine = start === undefined ? "" : ` startmsg.regex="${start}" readTimeout="2" escapeLF="off"`;
  return [
    "",
    `ruleset(name="${name}") {`,
    `  set $.name = re_extract($!metadata!filename, '/([^/]+)[.](log|error)$', 0, 1, "file");`,
    "  set $!record!MESSAGE = $msg;",
    "  set $!record!LOG_FILE = $!metadata!filename;",
    ...fields.map((line) => `  ${line}`),
    '  action(type="omjournal" template="record")',
    "}",
    ...files.map(
      (file) =>
        `input(type="imfile" File="${file}" Tag="${name}" ruleset="${name}" addMetadata="on" persistStateInterval="1" reopenOnTruncate="on"${multiLine})`,
    ),
  ];
}

/** What no program here may do: nothing but files, and of these none to write but its own. */
export const sandbox = [
  "NoNewPrivileges=yes",
  "PrivateDevices=yes",
  "PrivateNetwork=yes",
  "PrivateTmp=yes",
  "ProtectHome=yes",
  "ProtectSystem=strict",
];

/** The reader as a service: it may read every file and write nothing but its notes. */
export function fileReaderUnit(configuration: string): string {
  return [
    "[Unit]",
    "Description=Log files into the journal",
    "",
    "[Service]",
    "Type=notify",
    `ExecStart=/usr/sbin/rsyslogd -n -iNONE -f ${configuration}`,
    `ReadWritePaths=${READER_STATE}`,
    "Restart=always",
    "RestartSec=2",
    "CapabilityBoundingSet=CAP_DAC_READ_SEARCH",
    ...sandbox,
    "RestrictAddressFamilies=AF_UNIX",
    "StandardOutput=null",
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ].join("\n");
}
