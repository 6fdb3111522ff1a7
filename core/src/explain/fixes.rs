//! How to do it right, in six languages. Data, not code: `m` is the map of parameters, `s` the string to sign.

use super::catalogue::Fix;

pub(super) static STRING: Fix = Fix {
    java: "new TreeMap<>(m).entrySet().stream().filter(e -> !e.getKey().equals(\"sign\") && !e.getValue().isEmpty()).map(e -> e.getKey() + \"=\" + e.getValue()).collect(joining(\"&\")) + \"&key=\" + key",
    go: "sort.Strings(names); for _, n := range names { if n != \"sign\" && m[n] != \"\" { s += n + \"=\" + m[n] + \"&\" } }; s += \"key=\" + key",
    node: "Object.keys(m).filter(n => n !== 'sign' && m[n] !== '' && m[n] != null).sort().map(n => n + '=' + m[n]).join('&') + '&key=' + key",
    php: "unset($m['sign']); ksort($m, SORT_STRING); foreach ($m as $n => $v) if ((string)$v !== '') $s .= \"$n=$v&\"; $s .= \"key=$key\";",
    python: "'&'.join(f'{n}={m[n]}' for n in sorted(m) if n != 'sign' and m[n] != '') + '&key=' + key",
    rust: "wxpay_core::sign(&params, sign_type, &key)",
};

pub(super) static MD5: Fix = Fix {
    java: "HexFormat.of().withUpperCase().formatHex(MessageDigest.getInstance(\"MD5\").digest(s.getBytes(UTF_8)))",
    go: "fmt.Sprintf(\"%X\", md5.Sum([]byte(s)))",
    node: "crypto.createHash('md5').update(s, 'utf8').digest('hex').toUpperCase()",
    php: "strtoupper(md5($s))",
    python: "hashlib.md5(s.encode('utf-8')).hexdigest().upper()",
    rust: "wxpay_core::sign(&params, SignType::Md5, &key)",
};

pub(super) static HMAC: Fix = Fix {
    java: "mac.init(new SecretKeySpec(key.getBytes(UTF_8), \"HmacSHA256\")); HexFormat.of().withUpperCase().formatHex(mac.doFinal(s.getBytes(UTF_8)))",
    go: "h := hmac.New(sha256.New, []byte(key)); h.Write([]byte(s)); fmt.Sprintf(\"%X\", h.Sum(nil))",
    node: "crypto.createHmac('sha256', key).update(s, 'utf8').digest('hex').toUpperCase()",
    php: "strtoupper(hash_hmac('sha256', $s, $key))",
    python: "hmac.new(key.encode(), s.encode('utf-8'), 'sha256').hexdigest().upper()",
    rust: "wxpay_core::sign(&params, SignType::HmacSha256, &key)",
};

pub(super) static KEY: Fix = Fix {
    java: "key = key.strip(); if (key.length() != 32) throw new IllegalStateException(\"API key\");",
    go: "key = strings.TrimSpace(key); if len(key) != 32 { log.Fatal(\"API key\") }",
    node: "key = key.trim(); if (key.length !== 32) throw new Error('API key')",
    php: "$key = trim($key); if (strlen($key) !== 32) throw new Exception('API key');",
    python: "key = key.strip(); assert len(key) == 32",
    rust: "wxpay_core::ApiKey::new(key.trim())?",
};

pub(super) static SECONDS: Fix = Fix {
    java: "String.valueOf(System.currentTimeMillis() / 1000)",
    go: "strconv.FormatInt(time.Now().Unix(), 10)",
    node: "String(Math.floor(Date.now() / 1000))",
    php: "(string) time()",
    python: "str(int(time.time()))",
    rust: "unix_s.to_string()",
};

pub(super) static FEN: Fix = Fix {
    java: "new BigDecimal(yuan).movePointRight(2).toBigIntegerExact().toString()",
    go: "strconv.FormatInt(fen, 10) // keep int64 fen everywhere",
    node: "String(Math.round(Number(yuan) * 100))",
    php: "(string) (int) round($yuan * 100)",
    python: "str(int(Decimal(yuan) * 100))",
    rust: "yuan.parse::<wxpay_core::Fen>()?",
};

pub(super) static INVOKE: Fix = Fix {
    java: "Map.of(\"appId\", appid, \"timeStamp\", seconds, \"nonceStr\", nonce, \"package\", \"prepay_id=\" + prepayId, \"signType\", signType)",
    go: "map[string]string{\"appId\": appid, \"timeStamp\": seconds, \"nonceStr\": nonce, \"package\": \"prepay_id=\" + prepayID, \"signType\": signType}",
    node: "{ appId, timeStamp, nonceStr, package: 'prepay_id=' + prepayId, signType }",
    php: "['appId' => $appid, 'timeStamp' => $seconds, 'nonceStr' => $nonce, 'package' => \"prepay_id=$prepayId\", 'signType' => $signType]",
    python: "{'appId': appid, 'timeStamp': seconds, 'nonceStr': nonce, 'package': 'prepay_id=' + prepay_id, 'signType': sign_type}",
    rust: "wxpay_core::invoke::mini_program(appid, prepay_id, unix_s, nonce_str, sign_type, &key)",
};

pub(super) static APP: Fix = Fix {
    java: "Map.of(\"appid\", appid, \"partnerid\", mchId, \"prepayid\", prepayId, \"package\", \"Sign=WXPay\", \"noncestr\", nonce, \"timestamp\", seconds)",
    go: "map[string]string{\"appid\": appid, \"partnerid\": mchID, \"prepayid\": prepayID, \"package\": \"Sign=WXPay\", \"noncestr\": nonce, \"timestamp\": seconds}",
    node: "{ appid, partnerid, prepayid, package: 'Sign=WXPay', noncestr, timestamp }",
    php: "['appid' => $appid, 'partnerid' => $mchId, 'prepayid' => $prepayId, 'package' => 'Sign=WXPay', 'noncestr' => $nonce, 'timestamp' => $seconds]",
    python: "{'appid': appid, 'partnerid': mch_id, 'prepayid': prepay_id, 'package': 'Sign=WXPay', 'noncestr': nonce, 'timestamp': seconds}",
    rust: "wxpay_core::invoke::app(appid, mch_id, prepay_id, unix_s, nonce_str, sign_type, &key)",
};

pub(super) static VERIFY: Fix = Fix {
    java: "Map<String, String> all = parseXml(body); // every element, no bean; then sign(all) and compare",
    go: "all := parseXML(body) // map[string]string of every element, no struct",
    node: "const all = parseXml(body) // every element as a string; numbers stay text",
    php: "$all = (array) simplexml_load_string($body, 'SimpleXMLElement', LIBXML_NOCDATA | LIBXML_NONET); // then (string) each",
    python: "all = {e.tag: e.text or '' for e in root}  # every element",
    rust: "wxpay_core::verify(wxpay_core::xml::from_xml(body)?, sign_type, &key)",
};

pub(super) static REFUND: Fix = Fix {
    java: "c = Cipher.getInstance(\"AES/ECB/PKCS5Padding\"); c.init(DECRYPT_MODE, new SecretKeySpec(md5HexLower(key).getBytes(US_ASCII), \"AES\")); c.doFinal(Base64.getDecoder().decode(reqInfo))",
    go: "block, _ := aes.NewCipher([]byte(fmt.Sprintf(\"%x\", md5.Sum([]byte(key))))) // 32 bytes; decrypt block by block, strip PKCS#7",
    node: "d = crypto.createDecipheriv('aes-256-ecb', crypto.createHash('md5').update(key).digest('hex'), null); d.update(reqInfo, 'base64', 'utf8') + d.final('utf8')",
    php: "openssl_decrypt($reqInfo, 'aes-256-ecb', md5($key))",
    python: "AES.new(hashlib.md5(key.encode()).hexdigest().encode(), AES.MODE_ECB).decrypt(base64.b64decode(req_info))",
    rust: "wxpay_core::refund_notice",
};
