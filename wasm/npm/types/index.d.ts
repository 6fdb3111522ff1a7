/** The two algorithms of APIv2. */
export type SignType = 'MD5' | 'HMAC-SHA256';

/** Names and values of one message. A number must be a safe integer; everything else goes in as the text that is sent. */
export type Params = Readonly<Record<string, string | number>>;

/** Names and values as they were received: text, exactly as sent. */
export type Fields = Record<string, string>;

/** What an error is about. Shared with the command line and the server. */
export type WxPayErrorCode =
  // what was passed in
  | 'bad_option'
  | 'duplicate_name'
  | 'empty_name'
  | 'lone_surrogate'
  | 'missing'
  | 'nested'
  | 'not_a_string'
  | 'not_an_integer'
  | 'not_an_object'
  | 'not_seconds'
  | 'nul'
  | 'sign_type_differs'
  | 'too_large'
  | 'unknown_sign_type'
  | 'unsafe_integer'
  // a received message
  | 'sign_malformed'
  | 'sign_mismatch'
  | 'sign_missing'
  // the API key
  | 'key_length'
  | 'key_not_ascii'
  | 'key_white_space'
  // XML
  | 'xml_bad_character'
  | 'xml_bad_name'
  | 'xml_duplicate'
  | 'xml_empty'
  | 'xml_malformed'
  | 'xml_nested'
  | 'xml_not_allowed'
  | 'xml_not_utf8'
  | 'xml_stray_text'
  | 'xml_too_large'
  | 'xml_too_many_fields'
  | 'xml_unknown_entity'
  | 'xml_wrong_root'
  // refund notices
  | 'refund_length'
  | 'refund_not_base64'
  | 'refund_not_text'
  | 'refund_padding'
  // the module
  | 'internal'
  | 'not_compiled'
  | 'not_ready';

/** What every function throws. The message never holds a key or a right signature. */
export declare class WxPayError extends Error {
  private constructor();
  readonly name: 'WxPayError';
  readonly code: WxPayErrorCode;
  /** The field or argument it is about. */
  readonly field?: string;
  /** What the platform threw, for `internal` and `not_compiled`. */
  readonly cause?: unknown;
}

/** The signature of the parameters: upper-case hex, 32 or 64 characters. `sign` and empty values are left out. */
export declare function sign(params: Params, key: string, signType: SignType): string;

/**
 * Whether the field `sign` of a received message is right, over all its fields. The sign type comes from your own
 * record of the order, never from the message alone.
 */
export declare function verify(params: Params, key: string, signType: SignType): boolean;

/**
 * Reads a received message and verifies it in one call, in half the time: its fields, or a `WxPayError` if it is no
 * message (`xml_…`) or its signature is wrong or missing (`sign_…`). So nothing unverified is used by accident.
 */
export declare function verifyXml(xml: string | Uint8Array, key: string, signType: SignType): Fields;

/** The sorted and joined pairs, without the `&key=…` that ends the signed text. */
export declare function stringToSign(params: Params): string;

interface InvokeBase {
  readonly appid: string;
  /** Seconds since 1970: `Math.floor(Date.now() / 1000)`. */
  readonly time_stamp: number | string;
  readonly nonce_str: string;
  /** The sign type of the order. */
  readonly sign_type: SignType;
}

export interface MiniProgramArgs extends InvokeBase {
  readonly prepay_id: string;
}

export interface AppArgs extends InvokeBase {
  readonly mch_id: string;
  readonly prepay_id: string;
}

export interface NativeArgs extends InvokeBase {
  readonly mch_id: string;
  readonly product_id: string;
}

/** What `wx.requestPayment` (without `appId`) or `WeixinJSBridge` takes. */
export interface MiniProgramCall {
  readonly appId: string;
  readonly timeStamp: string;
  readonly nonceStr: string;
  readonly package: `prepay_id=${string}`;
  readonly signType: SignType;
  readonly paySign: string;
}

/** What the OpenSDK of an app takes (`PayReq`). */
export interface AppCall {
  readonly appid: string;
  readonly partnerid: string;
  readonly prepayid: string;
  readonly package: 'Sign=WXPay';
  readonly noncestr: string;
  readonly timestamp: string;
  readonly sign: string;
}

/** The second signature (调起支付): for a mini program or JSAPI, for an app, or as the link of NATIVE mode 1. */
export declare function invoke(kind: 'mini_program', args: MiniProgramArgs, key: string): MiniProgramCall;
export declare function invoke(kind: 'app', args: AppArgs, key: string): AppCall;
export declare function invoke(kind: 'native', args: NativeArgs, key: string): `weixin://wxpay/bizpayurl?${string}`;

/** Reads a message with root `<xml>`, strictly: flat, unique names, no DOCTYPE, no attribute. */
export declare function parseXml(xml: string | Uint8Array): Fields;

/** Writes a message with root `<xml>`: digits bare, everything else in CDATA. */
export declare function buildXml(params: Params): string;

/** Decrypts `req_info` of a refund notice. It is not signed: treat it as a hint and ask WeChat. */
export declare function decryptRefundNotice(reqInfo: string, key: string): Fields;

/** Compiles the module without blocking; never needed, but some old WebViews refuse to compile in a call. */
export declare function ready(): Promise<void>;

/** Why a signature is wrong; loads `wxpay-wasm/explain` on the first call. That entry has it without the promise. */
export declare function explain(text: string, options?: ExplainOptions): Promise<Report>;

export type Scene = 'request' | 'reply' | 'notice' | 'invoke' | 'app' | 'refund_notice';
export type Format = 'xml' | 'json' | 'object' | 'map' | 'lines' | 'query' | 'form' | 'php';

/** Another key that might have been used. Keys appear nowhere in a report. */
export interface Candidate {
  readonly kind: 'old' | 'other_merchant' | 'sub_merchant' | 'app_secret' | 'api_v3' | 'sandbox' | 'password';
  /** What to call it in the report. */
  readonly label?: string;
  readonly key: string;
}

/** What is known besides the text; all of it may be left out. */
export interface ExplainOptions {
  /** The key that should fit, exactly as it is used, mistakes included. */
  readonly key?: string;
  /** Keys of any length; needs `key`. */
  readonly candidates?: readonly Candidate[];
  readonly signType?: SignType;
  readonly scene?: Scene;
  /** The signature in question, if it is not in the text. */
  readonly sign?: string;
  /** For `wx.requestPayment` arguments, which do not hold it. */
  readonly appid?: string;
  readonly format?: Format;
  /** A second text: the body that was sent, or the reply that brought the prepay_id. */
  readonly other?: string;
  /** The address the message was sent to. */
  readonly url?: string;
}

export interface Both {
  readonly en: string;
  readonly zh: string;
}

export interface Fixes {
  readonly java: string;
  readonly go: string;
  readonly node: string;
  readonly php: string;
  readonly python: string;
  readonly rust: string;
}

/** Start and end, as `text.slice(start, end)` counts. */
export type Span = readonly [start: number, end: number];

export interface ReportField {
  readonly name: string;
  /** The name under which it is signed, where that differs. */
  readonly signed_as?: string;
  readonly value: string;
  readonly kind: 'text' | 'number' | 'bool' | 'null' | 'nested';
  /** Whether it enters the string to sign. */
  readonly kept: boolean;
  readonly why: 'signed' | 'empty' | 'is_sign' | 'duplicate' | 'not_in_set' | 'added' | 'is_key';
  readonly name_span: Span | null;
  readonly value_span: Span | null;
}

export interface CatalogueRow {
  /** The number in the catalogue, such as `B5`. */
  readonly id: string;
  /** The stable name, such as `empty_values_signed`. */
  readonly code: string;
  readonly title: Both;
  readonly advice: Both;
  readonly fixes?: Fixes;
}

export interface Lint extends CatalogueRow {
  readonly weight: 'info' | 'warning' | 'error';
  readonly field?: string;
  readonly detail: string;
  readonly span: Span | null;
}

export interface Cause extends CatalogueRow {
  /** Whether recomputing with this mistake gave the signature, byte for byte. */
  readonly proved: boolean;
  readonly evidence: Both;
  /** The text that was signed, with `******` for the key. */
  readonly signed_text?: string;
  readonly parts: readonly {
    readonly id: string;
    readonly code: string;
    readonly also?: string;
    readonly detail: string;
  }[];
}

/** What `wxpay explain --json` prints; only spans count differently: there they are bytes of UTF-8. */
export interface Report {
  readonly verdict: 'match' | 'mismatch' | 'unsigned' | 'malformed' | 'no_key';
  /** Why nothing could be read. */
  readonly error?: {
    readonly code: 'empty' | 'too_large' | 'too_many_fields' | 'unknown_form' | 'no_fields';
    readonly message: string;
    /** For `no_fields`: the form that was recognised, and where reading began. */
    readonly format?: Format;
    readonly at?: number;
  };
  readonly format: Format | null;
  readonly confidence: 'guess' | 'likely' | 'sure';
  readonly other_format?: Format;
  readonly wrapping?: 'curl' | 'html' | 'backslashes';
  readonly scene: Scene;
  readonly sign_type: SignType;
  /** The signature that was checked. */
  readonly given?: string;
  readonly own_sign_right: boolean;
  /** With `******` for the key. */
  readonly string_to_sign: string;
  /** The right signatures, if a key was given. */
  readonly signatures?: { readonly md5: string; readonly hmac_sha256: string };
  readonly fields: readonly ReportField[];
  readonly lints: readonly Lint[];
  readonly causes: readonly Cause[];
  readonly advice: readonly CatalogueRow[];
  readonly tried: {
    readonly singles: number;
    readonly pairs: number;
    readonly stopped: 'not_needed' | 'proved' | 'exhausted' | 'limit' | 'no_such_signature';
  };
  /** The content of a refund notice that could be decrypted. */
  readonly decrypted?: string;
}
