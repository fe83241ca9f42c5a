// SPDX-License-Identifier: Apache-2.0
import CustomType from "xmlrpc/lib/customtype";
import { serializeMethodCall } from "xmlrpc/lib/serializer";
import { refusedCharacter } from "../characters";
import { InvalidValueError } from "../errors";

/** What oned's methods take. A `bigint` travels as `<i8>` (replication calls only), a `number` as a 32-bit integer. */
export type RpcParameter =
  string | number | boolean | bigint | readonly RpcParameter[] | { [name: string]: RpcParameter };

/** Always escaped text: the package's own choice, CDATA, is wrong for text with two `]]>`. */
class TextValue extends CustomType {
  override tagName = "string";
}

class LongValue extends CustomType {
  override tagName = "i8";
}

/**
 * The body of a call.
 *
 * @param parameters - the session first, where the method takes one.
 * @throws InvalidValueError naming the parameter by position, never by value (the first one is a secret).
 */
export function encodeCall(method: string, parameters: readonly RpcParameter[]): string {
  if (!/^[\w.]+$/.test(method)) throw new InvalidValueError("method", "is not a method name such as one.host.info");
  const values = parameters.map((value, index) => toWire(value, `${method} parameter ${index}`));
  return serializeMethodCall(method, values, "UTF-8");
}

function toWire(value: RpcParameter, field: string): unknown {
  switch (typeof value) {
    case "string": {
      const refused = refusedCharacter(value);
      if (refused !== undefined) throw new InvalidValueError(field, `holds ${refused}, which oned refuses; remove it`);
      return new TextValue(value);
    }
    case "number":
      if (!Number.isInteger(value) || value > 0x7fffffff || value < -0x80000000) {
        throw new InvalidValueError(field, "is not a 32-bit integer, the only number that oned takes");
      }
      return value;
    case "bigint":
      return new LongValue(BigInt.asIntN(64, value).toString());
    case "boolean":
      return value;
    default:
      if (Array.isArray(value)) {
        return (value as readonly RpcParameter[]).map((item, index) => toWire(item, `${field}[${index}]`));
      }
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toWire(item, `${field}.${name}`)]));
  }
}
