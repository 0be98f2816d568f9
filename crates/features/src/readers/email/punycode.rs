//! Labels of domains in ASCII, back to what they stand for (RFC 3492): `xn--espaa-rta`, `españa`.

/// The label that a text stands for; `None` where it is no such text.
pub(super) fn decode(label: &str) -> Option<String> {
    let rest = label.strip_prefix("xn--")?;
    let (plain, coded) = rest.rsplit_once('-').unwrap_or(("", rest));
    let mut output: Vec<char> = plain.chars().collect();
    let (mut code, mut at, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = coded.bytes();
    while digits.len() > 0 {
        let before = at;
        let mut weight = 1u32;
        for step in 1u32.. {
            let digit = match digits.next()? {
                b @ b'a'..=b'z' => b - b'a',
                b @ b'0'..=b'9' => b - b'0' + 26,
                _ => return None,
            };
            let digit = u32::from(digit);
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = step.checked_mul(36)?.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
        }
        let length = u32::try_from(output.len()).ok()? + 1;
        bias = adapt(at - before, length, before == 0);
        code = code.checked_add(at / length)?;
        at %= length;
        output.insert(usize::try_from(at).ok()?, char::from_u32(code)?);
        at += 1;
    }
    Some(output.into_iter().collect())
}

/// How far apart the next numbers are likely to be (RFC 3492, 6.1).
fn adapt(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn labels_are_decoded() {
        for (coded, expected) in [
            ("xn--espaa-rta", Some("españa")),
            ("xn--muoz-hqa", Some("muñoz")),
            ("xn--mller-kva", Some("müller")),
            ("xn--fiqs8s", Some("中国")),
            ("xn--ls8h", Some("💩")),
            ("xn--99999999999", None),
            ("xn--", Some("")),
            ("acme", None),
        ] {
            assert_eq!(decode(coded).as_deref(), expected, "{coded}");
        }
    }
}
