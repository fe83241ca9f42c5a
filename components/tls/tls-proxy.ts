// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import * as scaleway from "@pulumiverse/scaleway";
import { CertificateSource, services } from "../../catalogue";
import type { Contribution } from "../host/merge";
import type { TlsOutputs } from "./outputs";
import { planTls, type TlsPlan, type TlsPlanArgs } from "./plan";
import { renderTls } from "./render";

export interface TlsProxyArgs extends TlsPlanArgs {
  /** The front-end's public address. */
  publicAddress: pulumi.Input<string>;
  /** The imported certificate with its chain, PEM. */
  certificate?: string;
  /** Its private key, PEM. */
  key?: pulumi.Input<string>;
}

interface Certificate {
  /** With its chain, PEM. */
  certificate: pulumi.Output<string>;
  key: pulumi.Output<string>;
  /** Whom to trust for it, where that is not the world's own list. */
  authority?: pulumi.Output<string>;
}

/**
 * HTTPS in front of FireEdge, and TLS in front of the APIs on the management address: keys and certificates, and what the
 * front-end's layer takes along to serve with them.
 */
export class TlsProxy extends pulumi.ComponentResource implements TlsOutputs {
  readonly fireedge: pulumi.Output<string>;
  readonly oned: string;
  readonly authority?: pulumi.Output<string>;
  readonly contribution: Contribution;

  constructor(
    private readonly layerName: string,
    args: TlsProxyArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const plan = planTls(args);
    super(
      "opennebula-scaleway:index:TlsProxy",
      layerName,
      { host: args.host, mode: plan.mode, names: plan.dnsNames, validityHours: plan.validityHours },
      opts,
    );
    const { certificate, key, authority } =
      plan.mode === CertificateSource.Imported
        ? this.imported(args)
        : this.fromPrivateAuthority(plan, args.publicAddress);
    this.contribution = {
      state: renderTls(plan),
      values: { "tls.certificate": certificate, "tls.key": key, ...this.dnsIdentity(plan) },
    };
    this.fireedge = pulumi.output(args.publicAddress).apply((address) => `https://${plan.publicName ?? address}/`);
    this.oned = `https://${plan.bind.oned}:${services.onedTls.port}/RPC2`;
    this.authority = authority;
    this.registerOutputs({ fireedge: this.fireedge, oned: this.oned });
  }

  /** Credentials that change records of DNS, for DNS-01 alone: Scaleway has no narrower permission than the project's records. */
  private dnsIdentity({ acme }: TlsPlan): Record<string, pulumi.Input<string>> {
    if (!acme?.dns) return {};
    const { projectId } = acme.dns;
    const name = `${this.layerName}-dns`;
    const parent = { parent: this };
    const application = new scaleway.iam.Application(name, { name, description: "proves names to ACME" }, parent);
    new scaleway.iam.Policy(
      name,
      {
        name,
        applicationId: application.id,
        rules: [{ permissionSetNames: ["DomainsDNSFullAccess"], projectIds: [projectId] }],
      },
      parent,
    );
    const key = new scaleway.iam.ApiKey(
      name,
      { applicationId: application.id, defaultProjectId: projectId, description: name },
      { ...parent, additionalSecretOutputs: ["secretKey"] },
    );
    return { "tls.dnsToken": pulumi.secret(key.secretKey) };
  }

  /** The given certificate, if the given key is its own: nginx would refuse the pair only on the host. */
  private imported(args: TlsProxyArgs): Certificate {
    const { certificate, key } = args;
    if (certificate === undefined || key === undefined)
      throw new pulumi.ResourceError("an imported certificate must be given with its private key", this);
    return {
      certificate: pulumi.output(certificate.endsWith("\n") ? certificate : `${certificate}\n`),
      key: pulumi.secret(key).apply((pem) => {
        if (new X509Certificate(certificate).checkPrivateKey(privateKeyOf(pem))) return pem;
        throw new pulumi.RunError("tls.certificate: the private key given with it is another certificate's");
      }),
    };
  }

  /** A certificate that the next `up` renews in the last weeks of its life. The authority's key reaches no host. */
  private fromPrivateAuthority(plan: TlsPlan, publicAddress: pulumi.Input<string>): Certificate {
    const name = this.layerName;
    const parent = { parent: this };
    const newKey = (purpose: string): tls.PrivateKey =>
      new tls.PrivateKey(`${name}-${purpose}-key`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, parent);
    const caKey = newKey("ca");
    const key = newKey("proxy");
    const ca = new tls.SelfSignedCert(
      `${name}-ca`,
      {
        privateKeyPem: caKey.privateKeyPem,
        subject: { commonName: `OpenNebula ${pulumi.getStack()}`, organization: "opennebula-scaleway" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: plan.authorityHours,
        earlyRenewalHours: plan.validityHours,
      },
      parent,
    );
    const request = new tls.CertRequest(
      `${name}-proxy`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: plan.dnsNames[0], organization: "opennebula-scaleway" },
        dnsNames: plan.dnsNames,
        ipAddresses: [...plan.ipAddresses, publicAddress],
      },
      parent,
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-proxy`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: caKey.privateKeyPem,
        caCertPem: ca.certPem,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: plan.validityHours,
        earlyRenewalHours: plan.earlyRenewalHours,
      },
      parent,
    );
    return {
      certificate: pulumi.interpolate`${certificate.certPem}${ca.certPem}`,
      key: pulumi.secret(key.privateKeyPem),
      authority: ca.certPem,
    };
  }
}

/** Node's own error could quote the text. */
function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new pulumi.RunError("opennebula-scaleway:tlsKey: must be a private key without passphrase, PEM");
  }
}
