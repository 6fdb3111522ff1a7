// Answers requests with tenpay, wechatpay-axios-plugin and standardwebhooks: one JSON object per line on stdin, one per line on stdout.
//
// {lib, op: "sign", params, key, sign_type}   ->  {sign}
// {lib, op: "verify", xml, key, sign_type}    ->  {ok: true, params} | {ok: false}
// {lib, op: "to_xml", params}                 ->  {xml}
// {lib, op: "invoke", params: {appid, prepay_id}, key, sign_type}  ->  {params}
// {lib, op: "verify_webhook", secret, headers, body, now_s: null or seconds since 1970}   ->  {ok: true} | {ok: false, reason}
//
// What a library cannot do is answered with {error}. Every answer comes from the library's own functions.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const Tenpay = require("tenpay");
const tenpayUtil = require("tenpay/lib/util");
const { Hash, Transformer } = require("wechatpay-axios-plugin");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

const MCH_ID = "10000100";

const tenpay = {
  sign: ({ params, key, sign_type }) => ({ sign: merchant(params, key)._getSign(params, sign_type) }),

  // The way of its order calls, which say the sign type; its notice handler takes it from the message alone.
  async verify({ xml, key, sign_type }) {
    const told = await tenpayUtil.parseXML(xml);
    try {
      return { ok: true, params: await merchant(told, key)._parse(xml, "orderquery", sign_type) };
    } catch (error) {
      return refusal(error, error.message === "sign签名错误");
    }
  },

  to_xml: ({ params }) => ({ xml: tenpayUtil.buildXML(params) }),

  invoke: ({ params, key, sign_type }) => ({
    params: merchant(params, key).getPayParamsByPrepay({ prepay_id: params.prepay_id }, sign_type),
  }),
};

const axiosPlugin = {
  sign: ({ params, key, sign_type }) => ({ sign: Hash.sign(sign_type, params, key) }),

  // It takes the sign type from the length of the signature.
  verify({ xml, key }) {
    const call = { url: "/pay/orderquery" };
    const fields = Transformer.toObject.call(call, xml);
    const result = new Transformer(MCH_ID, key).verifier.call(call, fields);
    if (result instanceof Error) return refusal(result, result.code === "EV2_RES_SIGNATURE_NOT_EQUAL");
    return { ok: true, params: result };
  },

  to_xml: ({ params }) => ({ xml: Transformer.toXml(params) }),
};

function merchant({ appid = "wxd930ea5d5a258f4f", mch_id = MCH_ID }, key) {
  return new Tenpay({ appid, mchid: mch_id, partnerKey: key });
}

/** Only a wrong signature is a "no"; any other complaint means that the test asked wrongly. */
function refusal(error, isSignature) {
  return isSignature ? { ok: false } : { error: error.message };
}

const standardwebhooks = {
  verify_webhook({ secret, headers, body, now_s }) {
    const machines = Date.now;
    try {
      if (now_s !== null) Date.now = () => now_s * 1000;
      new Webhook(secret).verify(body, headers);
      return { ok: true };
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      return { ok: false, reason: error.message };
    } finally {
      Date.now = machines;
    }
  },
};

const libraries = { tenpay, "wechatpay-axios-plugin": axiosPlugin, standardwebhooks };

// Not node:readline: it also breaks lines at U+2028 and U+2029, which JSON may hold.
let rest = "";
for await (const chunk of process.stdin.setEncoding("utf8")) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}

async function answer(request) {
  try {
    const operation = libraries[request.lib][request.op];
    return operation ? await operation(request) : { error: `${request.lib} has no ${request.op}` };
  } catch (error) {
    return { error: String(error) };
  }
}
