// SPDX-License-Identifier: Apache-2.0
// Stands in the bundle for the package ssh2: oned is asked on loopback only.
module.exports = {};
