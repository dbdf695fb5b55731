import Foundation
import Testing

@testable import Routing

@Suite("Regular expressions")
struct RegularExpressionTests {
    @Test(
        "the whole text must match",
        arguments: [
            ("abc", "abc", true), ("abc", "abcd", false), ("a|b", "b", true), ("", "", true),
            ("a*", "", true), ("a+", "", false), ("a?b", "b", true), ("a{2,3}", "aaaa", false),
            ("a{2,3}", "aaa", true), ("a{2}", "aa", true), ("a{2,}", "aaaaa", true),
            ("(ab)+", "ababab", true), ("/v[0-9]+/.*", "/v12/x", true), ("[^/]+", "a/b", false),
            ("^/a$", "/a", true), ("a^b", "ab", false), ("(?i)abc", "aBC", true),
            ("(?i:a)b", "AB", false), ("\\d{3}-\\w+", "123-ab_1", true), ("\\.", "x", false),
            ("[[:alpha:]]+", "abC", true), ("[a\\-z]+", "-az", true), ("[]a]+", "]a", true),
            ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), ("\\Qa.b\\E", "a.b", true),
            ("(?P<x>a)b", "ab", true), ("a{,3}", "a{,3}", true), ("ä+", "ää", true),
            ("\\x41", "A", true), ("(a|)*b", "aab", true), ("(?:a*)*", "aaa", true),
            ("$", "", true),
        ])
    func matching(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == expected)
    }

    @Test(
        "what is not supported is refused",
        arguments: [
            "(", ")", "[", "a**", "*", "\\1", "(?=a)", "(?<=a)", "\\b", "\\pL", "[b-a]", "a{2000}",
            "(?P<>a)", "\\", "((((a{100}){100}){100}){100})", "[é]", "a{3,2}",
        ])
    func refusal(_ pattern: String) {
        #expect(throws: RegularExpression.SyntaxError.self) {
            try RegularExpression(pattern)
        }
    }

    @Test("large automata are simulated, in linear time")
    func large() throws {
        let expression = try RegularExpression(".*a.{20}")
        #expect(expression.matches(String(repeating: "b", count: 50) + "a12345678901234567890"))
        #expect(!expression.matches(String(repeating: "b", count: 500)))
        let nested = try RegularExpression("(a*)*b")
        #expect(!nested.matches(String(repeating: "a", count: 5000)))
    }

    @Test("agrees with an engine that backtracks, on random expressions and texts")
    func agreement() throws {
        var random = RandomSource(seed: 42)
        func pick(_ bound: Int) -> Int { Int(random.next(below: UInt64(bound))) }
        func expression(_ depth: Int) -> String {
            switch pick(depth == 0 ? 3 : 9) {
            case 0: return "a"
            case 1: return "b"
            case 2: return "[ac]"
            case 3: return "(?:\(expression(depth - 1)))*"
            case 4: return "(?:\(expression(depth - 1)))?"
            case 5: return "(?:\(expression(depth - 1))|\(expression(depth - 1)))"
            case 6: return "(?:\(expression(depth - 1))){1,2}"
            case 7: return "."
            default: return expression(depth - 1) + expression(depth - 1)
            }
        }
        for _ in 0..<100 {
            let pattern = expression(3)
            let mine = try RegularExpression(pattern)
            let theirs = try NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
            for _ in 0..<20 {
                let text = String((0..<pick(7)).map { _ in "abc".randomElement(at: pick(3)) })
                let range = NSRange(location: 0, length: text.utf16.count)
                let expected = theirs.firstMatch(in: text, range: range) != nil
                #expect(mine.matches(text) == expected, "\(pattern) on \(text)")
            }
        }
    }

    @Test("random bytes never crash the parser")
    func fuzz() {
        var random = RandomSource(seed: 1)
        let alphabet = Array("ab()[]{}|*+?\\^$.,-:!<>=PQEdwsx019iU\u{e9}")
        for _ in 0..<3_000 {
            let length = Int(random.next(below: 12))
            let pattern = String(
                (0..<length).map { _ in
                    alphabet[Int(random.next(below: UInt64(alphabet.count)))]
                })
            if let expression = try? RegularExpression(pattern) { _ = expression.matches("ab-1") }
        }
    }
}

extension String {
    fileprivate func randomElement(at offset: Int) -> Character {
        self[index(startIndex, offsetBy: offset)]
    }
}
