//! The words of a name, from which every name that we choose is made: of tools and servers, of environment variables, of
//! Rust items. One rule:
//!
//! 1. What is neither a letter nor a digit ends a word, an apostrophe apart: `pet-id`, `pet's`. A letter with an accent is
//!    its ASCII letter; a letter that has none ends a word.
//! 2. A capital begins a word after a small letter or a digit (`petId`, `v2Pets`), and after a capital where a small letter
//!    follows: `HTTPServer` is `http`, `server`. Digits belong to the word before them: `OAuth2Token`, `sha256Sum`.
//! 3. An `s` after capitals is their plural: `petIDs`, `URLsOfPage`.
//! 4. A word that begins with digits goes on with capitals: `2FA`, `3DModel`, `4XX`.
//! 5. What people write in mixed case is one word: those of [`MIXED`].
//!
//! The rule knows no dictionary beside [`MIXED`], so that the same name has the same words in every document.

/// A word of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// In small letters and digits of ASCII: `oauth2`.
    pub lower: String,
    /// As a part of a Rust type: `OAuth2`.
    pub pascal: String,
}

/// Words in mixed case, and how Rust types spell them (RFC 430: an acronym is one word). Their first letter may be small.
/// Not here is what is more often two words: `ToS`, `webHook`.
const MIXED: &[(&str, &str)] = &[
    ("CircleCI", "CircleCi"),
    ("DevOps", "DevOps"),
    ("DocuSign", "DocuSign"),
    ("DynamoDB", "DynamoDb"),
    ("GHz", "Ghz"),
    ("GitHub", "GitHub"),
    ("GitLab", "GitLab"),
    ("GraphQL", "GraphQl"),
    ("HubSpot", "HubSpot"),
    ("IPv", "Ipv"),
    ("IaaS", "Iaas"),
    ("IoT", "Iot"),
    ("JavaScript", "JavaScript"),
    ("LinkedIn", "LinkedIn"),
    ("MHz", "Mhz"),
    ("MongoDB", "MongoDb"),
    ("MySQL", "MySql"),
    ("NoSQL", "NoSql"),
    ("OAuth", "OAuth"),
    ("OpenAI", "OpenAi"),
    ("OpenAPI", "OpenApi"),
    ("OpenID", "OpenId"),
    ("OpenId", "OpenId"),
    ("PaaS", "Paas"),
    ("PayPal", "PayPal"),
    ("PostgreSQL", "PostgreSql"),
    ("ReCAPTCHA", "Recaptcha"),
    ("RESTful", "Restful"),
    ("SQLite", "Sqlite"),
    ("SaaS", "Saas"),
    ("SendGrid", "SendGrid"),
    ("TikTok", "TikTok"),
    ("TypeScript", "TypeScript"),
    ("VoIP", "VoIp"),
    ("WhatsApp", "WhatsApp"),
    ("WiFi", "WiFi"),
    ("WordPress", "WordPress"),
    ("YouTube", "YouTube"),
    ("eBay", "EBay"),
    ("eSIM", "ESim"),
    ("iCloud", "ICloud"),
    ("iOS", "Ios"),
    ("iPad", "IPad"),
    ("iPhone", "IPhone"),
    ("kWh", "Kwh"),
    ("macOS", "MacOs"),
];

/// The words of a name; none where it has no letter and no digit of ASCII.
pub(crate) fn split(name: &str) -> Vec<Word> {
    let characters: Vec<char> = name.chars().collect();
    // Every word of the table has a capital behind its first letter, and most names have none at all.
    let may_be_mixed = characters.iter().skip(1).any(char::is_ascii_uppercase);
    let mut words: Vec<Word> = Vec::new();
    let mut word = Word::default();
    // What stands before, in the same word or the one before; `None` after a word of the table, which no letter continues.
    let mut before = Some(' ');
    let mut at = 0;
    while let Some(character) = characters.get(at).copied() {
        let rest = characters.get(at..).unwrap_or_default();
        at += 1;
        if matches!(character, '\'' | '\u{2019}') {
            continue;
        }
        let letters = transliterate(character);
        if letters.is_empty() || begins(rest, before, &word) {
            end(&mut word, &mut words);
        }
        before = (!letters.is_empty()).then_some(character).or(Some(' '));
        if may_be_mixed
            && word.lower.is_empty()
            && let Some((written, pascal)) = MIXED.iter().find(|(written, _)| begins_with(rest, written))
        {
            word = Word { lower: written.to_ascii_lowercase(), pascal: (*pascal).to_owned() };
            at += written.len() - 1;
            before = None;
            continue;
        }
        for letter in letters.chars() {
            word.pascal.push(if word.lower.is_empty() { letter.to_ascii_uppercase() } else { letter });
            word.lower.push(letter);
        }
    }
    end(&mut word, &mut words);
    words
}

/// The words of a name in small letters.
pub(crate) fn lower(name: &str) -> Vec<String> {
    split(name).into_iter().map(|word| word.lower).collect()
}

fn end(word: &mut Word, words: &mut Vec<Word>) {
    if !word.lower.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Whether the first of these characters begins a word behind `word`.
fn begins(rest: &[char], before: Option<char>, word: &Word) -> bool {
    let is_lower = |at: usize| rest.get(at).is_some_and(|next| next.is_lowercase());
    let Some(character) = rest.first() else { return false };
    let Some(before) = before else { return !character.is_numeric() };
    if !character.is_uppercase() {
        return false;
    }
    if before.is_numeric() {
        let is_number = word.lower.bytes().all(|byte| byte.is_ascii_digit());
        return !is_number || is_lower(1);
    }
    let is_plural = rest.get(1) == Some(&'s') && !is_lower(2);
    before.is_lowercase() || before.is_uppercase() && is_lower(1) && !is_plural
}

/// Whether characters begin with a word of the table, whose first letter may be small, and another word can follow.
fn begins_with(rest: &[char], written: &str) -> bool {
    let is_same =
        |(at, (ours, theirs)): (usize, (&char, char))| *ours == theirs || at == 0 && ours.eq_ignore_ascii_case(&theirs);
    if rest.len() < written.len() || !rest.iter().zip(written.chars()).enumerate().all(is_same) {
        return false;
    }
    let is = |at: usize, test: fn(char) -> bool| rest.get(written.len() + at).is_some_and(|next| test(*next));
    match written {
        // `IPv4` and `IPv6`, and nothing else.
        "IPv" => is(0, |next| next.is_ascii_digit()),
        _ if is(0, char::is_lowercase) => false,
        // Capitals would go on: `OpenIDP`.
        _ if written.ends_with(|last: char| last.is_ascii_uppercase()) => {
            !is(0, char::is_uppercase) || is(1, char::is_lowercase)
        }
        _ => true,
    }
}

/// Lower-case ASCII letters and digits for a character; empty: a separator.
fn transliterate(character: char) -> &'static str {
    const LETTERS: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
    // U+212A, the sign of kelvin, is a `k`.
    let lower = if character.is_ascii() {
        character.to_ascii_lowercase()
    } else {
        character.to_lowercase().next().unwrap_or(character)
    };
    if lower.is_ascii() {
        let at = lower.to_digit(36).and_then(|digit| usize::try_from(digit).ok());
        return at.and_then(|at| LETTERS.get(at..=at)).unwrap_or_default();
    }
    match lower {
        'à'..='ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='õ' | 'ō' | 'ŏ' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='û' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => "u",
        'ü' => "ue",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_by_one_rule() {
        for (name, words, pascal) in [
            ("getPetById", "get pet by id", "GetPetById"),
            ("get-pet by_id", "get pet by id", "GetPetById"),
            ("HTTPServer2", "http server2", "HttpServer2"),
            ("getHTTPResponse", "get http response", "GetHttpResponse"),
            ("X-Rate-Limit", "x rate limit", "XRateLimit"),
            ("xAxis", "x axis", "XAxis"),
            ("getAPet", "get a pet", "GetAPet"),
            ("pet's", "pets", "Pets"),
            ("Straße", "strasse", "Strasse"),
            ("naïveÉtude", "naive etude", "NaiveEtude"),
            ("日本 API", "api", "Api"),
            ("日本", "", ""),
            ("", "", ""),
            // Digits.
            ("v2Pets", "v2 pets", "V2Pets"),
            ("v2API", "v2 api", "V2Api"),
            ("sha256Sum", "sha256 sum", "Sha256Sum"),
            ("S3Bucket", "s3 bucket", "S3Bucket"),
            ("2FA", "2fa", "2fa"),
            ("3DModel", "3d model", "3dModel"),
            ("4XX", "4xx", "4xx"),
            ("404NotFound", "404 not found", "404NotFound"),
            // Plurals of acronyms.
            ("petIDs", "pet ids", "PetIds"),
            ("URLsOfPage", "urls of page", "UrlsOfPage"),
            ("APIs", "apis", "Apis"),
            ("DNSServers", "dns servers", "DnsServers"),
            // Mixed case.
            ("OAuth2", "oauth2", "OAuth2"),
            ("getOAuth2Token", "get oauth2 token", "GetOAuth2Token"),
            ("oAuthToken", "oauth token", "OAuthToken"),
            ("OAuthAPI", "oauth api", "OAuthApi"),
            ("SureVoIP", "sure voip", "SureVoIp"),
            ("VoIPServer", "voip server", "VoIpServer"),
            ("iOSApp", "ios app", "IosApp"),
            ("macOS", "macos", "MacOs"),
            ("GitHubApp", "github app", "GitHubApp"),
            ("gitHub_app", "github app", "GitHubApp"),
            ("IPv4Address", "ipv4 address", "Ipv4Address"),
            ("ipv6", "ipv6", "Ipv6"),
            ("OpenAIKey", "openai key", "OpenAiKey"),
            ("OpenAPI 3.0", "openapi 3 0", "OpenApi30"),
            ("RESTful API", "restful api", "RestfulApi"),
            ("PayPalAPIKey", "paypal api key", "PayPalApiKey"),
            // What only looks like it.
            ("OpenIDP", "open idp", "OpenIdp"),
            ("OpenAIR", "open air", "OpenAir"),
            ("IPvX", "i pv x", "IPvX"),
            ("Oauth", "oauth", "Oauth"),
            ("iOSs", "i oss", "IOss"),
            ("GitHubs", "git hubs", "GitHubs"),
        ] {
            let found = split(name);
            assert_eq!(lower(name).join(" "), words, "{name:?}");
            assert_eq!(found.iter().map(|word| word.pascal.as_str()).collect::<String>(), pascal, "{name:?}");
        }
    }

    /// Whatever a name is, its words are ASCII, and the words of its words are the same ones.
    #[test]
    fn g4_words_are_ascii_and_stay_what_they_are() {
        const PIECES: &[&str] = &[
            "OAuth", "VoIP", "IPv", "iOS", "API", "s", "S", "a", "B", "4", "é", "ß", "温", "\u{202e}", "\0", "'", "-",
            "_", "İ", "ǅ",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % bound as u64) as usize
        };
        for _ in 0..50_000 {
            let name: String = (0..next(7)).map(|_| PIECES[next(PIECES.len())]).collect();
            let words = split(&name);
            for word in &words {
                let good = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
                assert!(good(&word.lower) && word.lower == word.pascal.to_ascii_lowercase(), "{name:?}: {word:?}");
            }
            let text = lower(&name).join("_");
            assert_eq!(lower(&text).join("_"), text, "{name:?}");
        }
    }
}
