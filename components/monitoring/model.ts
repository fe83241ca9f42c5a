// SPDX-License-Identifier: Apache-2.0

/** Every limit at which somebody is told, in one place. */
export interface Thresholds {
  /** Percent of a host's CPU time that is not idle. */
  cpuPercent: number;
  /** Percent of a host's memory that is not available. */
  memoryPercent: number;
  /** Percent of a file system that is not available. */
  diskPercent: number;
  /** Percent of a datastore that is used. */
  datastorePercent: number;
  /** Seconds that a database replica may be behind. */
  replicationLagSeconds: number;
  /** Records that a front-end may be behind the leader. */
  raftLagRecords: number;
  /** Seconds that a VM may wait for a host. */
  pendingSeconds: number;
  /** Days before the end of a certificate. */
  certificateDays: number;
  /** Days since a secret was last replaced. */
  secretDays: number;
  /** Hours since the last good backup of each kind. */
  backupAgeHours: number;
  /** Days since a restore was last proven. */
  restoreProofDays: number;
  /** Percent of a quota that is used. */
  quotaPercent: number;
  /** Percent of its rated life that an NVMe disk has been worn. */
  wearPercent: number;
  /** What part of all questions to oned must be answered. */
  availability: number;
}

/** The seed's limits, and for the rest what leaves time to act. */
export const defaultThresholds: Thresholds = {
  cpuPercent: 90,
  memoryPercent: 85,
  diskPercent: 80,
  datastorePercent: 85,
  replicationLagSeconds: 1,
  raftLagRecords: 100,
  pendingSeconds: 600,
  certificateDays: 14,
  secretDays: 365,
  backupAgeHours: 26,
  restoreProofDays: 35,
  quotaPercent: 95,
  wearPercent: 90,
  availability: 0.999,
};

/** How long things take: everything that waits derives from these. */
export interface Times {
  /** Seconds between two looks at a target, and between two evaluations of the rules. */
  scrapeSeconds: number;
  /** What every duration is multiplied by; 1 in production, less where nobody can wait. */
  scale: number;
}

const HOUR = 3600;
/** What installing the exporters of a new host may take, after its name is on the list. */
const NEW_TARGET_SECONDS = 900;

/** Limits and times with the words of PromQL for them. */
export class AlertModel {
  constructor(
    readonly thresholds: Thresholds,
    readonly times: Times,
  ) {}

  /** A duration as Prometheus writes it: scaled, and at least a second. */
  duration(seconds: number): string {
    return `${Math.max(1, Math.round(seconds * this.times.scale))}s`;
  }

  /** A range for `rate` and its kin: scaled, and with four samples in it at least. */
  range(seconds: number): string {
    return `${Math.max(4 * this.times.scrapeSeconds, Math.round(seconds * this.times.scale))}s`;
  }

  /**
   * Trouble of targets that are known for a while already: a host is on the list before its exporters are installed, and nobody shall be
   * woken up for that. A gap in what Prometheus knows of up to an hour makes no target new.
   *
   * @param trouble - a comparison of `up`.
   */
  ofKnownTargets(trouble: string): string {
    const long = `count_over_time(up[${this.range(HOUR)}] offset ${this.duration(NEW_TARGET_SECONDS)})`;
    return `${trouble} and on (job, host) ${long}`;
  }
}

/** How much it matters: critical wakes somebody up, a warning waits for the morning, info goes to no person. */
export enum Severity {
  Critical = "critical",
  Warning = "warning",
  Info = "info",
}

/** One alert. */
export interface Alert {
  name: string;
  severity: Severity;
  /** PromQL. Its result keeps the label `host` where the trouble has one. */
  expr: string;
  /** Seconds, unscaled, for which it must hold. */
  forSeconds: number;
  /** One line that names what and where; Prometheus' templates. */
  summary: string;
  /** What docs/operations/alerts.md says, in Markdown. */
  runbook: {
    /** What it means for users. */
    meaning: string;
    /** How to find the cause. */
    check: string;
    /** How to end it. */
    cure: string;
  };
}

/** A rule that keeps a result under a name. */
export interface Recording {
  record: string;
  expr: string;
  labels?: Record<string, string>;
}

export interface AlertGroup {
  name: string;
  recordings?: Recording[];
  alerts: Alert[];
}
