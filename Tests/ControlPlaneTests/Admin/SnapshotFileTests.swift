import Foundation
import Testing
import XDS

@testable import heddlectl

@Suite struct SnapshotFileTests {
    @Test func keepsWhatYAMLScalarsAre() throws {
        let yaml = """
            quoted: "yes"
            single: '12'
            word: yes
            on: off
            truth: true
            nothing: ~
            integer: 18446744073709551615
            zeros: 007
            negative: -5
            fraction: .5
            exponent: 1e-3
            hex: 0x1F
            version: 1.2.3
            duration: 1.5s
            tagged: !!str 12
            text: |
              two
              lines
            """
        let expected = #"""
            {"quoted":"yes","single":"12","word":"yes","on":"off","truth":true,"nothing":null,\#
            "integer":18446744073709551615,"zeros":7,"negative":-5,"fraction":0.5,\#
            "exponent":1e-3,"hex":31,"version":"1.2.3","duration":"1.5s","tagged":"12",\#
            "text":"two\nlines"}
            """#
        #expect(try JSON(yaml: yaml).compactText == expected)
    }

    @Test func resolvesAnchorsAndMergeKeys() throws {
        let yaml = """
            base: &base {a: 1, b: 2}
            list:
            - <<: *base
              b: 3
            - *base
            """
        let json = try JSON(yaml: yaml)
        #expect(
            json.compactText
                == #"{"base":{"a":1,"b":2},"list":[{"b":3,"a":1},{"a":1,"b":2}]}"#)
    }

    @Test func namesTheLineOfAnError() throws {
        let broken = #expect(throws: YAMLProblem.self) {
            try JSON(yaml: "resources:\n- name: a\n name: b\n")
        }
        #expect(broken?.line == 3)
        let twice = #expect(throws: YAMLProblem.self) { try JSON(yaml: "a: 1\na: 2\n") }
        #expect(twice != nil)
        let json = #expect(throws: XDSError.self) { try JSON(Data("{\n\"a\": 01}".utf8)) }
        #expect(json?.description.contains("line 2") == true)
    }

    @Test func stopsAliasesThatMultiply() {
        let levels = (1...9).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            return "a\(level): &a\(level) [\(aliases)]"
        }
        let bomb = "a0: &a0 [1, 2]\n" + levels.joined(separator: "\n")
        #expect(throws: YAMLProblem.self) { try JSON(yaml: bomb) }
    }

    @Test(arguments: [
        #"{"a":[],"b":{},"c":[[1,[2,{}]],{"d":[{"e":null}]}],"f":-1.50e+10}"#,
        #"{"@type":"type.googleapis.com/a.B","yes":"no","n":"null","x":"1e3","~":"~","":""}"#,
        ##"{"s":"a: b","t":"# c","u":"- d","v":"line\nline\u0001","w":"\"q\"","z":"a:","k":"é\u2028"}"##,
        #"[1,"two",[true,false,null]]"#, #""text""#, "[]", "12",
    ])
    func writesYAMLThatReadsBack(text: String) throws {
        let json = try JSON(Data(text.utf8))
        #expect(json.compactText == text)
        #expect(try JSON(yaml: json.yamlText) == json, "\(json.yamlText)")
        #expect(try JSON(Data(json.prettyText.utf8)) == json)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":1,\"a\":2}", "01", "1.", "+1", "\"\\x\"", "\"\\ud800\"",
        "\"a", "nul", "[] []", "\"\n\"",
    ])
    func refusesWhatIsNoJSON(text: String) {
        #expect(throws: XDSError.self) { try JSON(Data(text.utf8)) }
    }

    @Test func refusesWhatNestsWithoutEnd() {
        let deep = Data(repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: XDSError.self) { try JSON(deep) }
    }

    @Test func readsBothKindsOfFiles() throws {
        let yaml = Data("resources: [{name: a}]".utf8)
        let json = Data(#" {"resources":[{"name":"a"}]}"#.utf8)
        #expect(
            try SnapshotFile.json(yaml, isJSON: false) == SnapshotFile.json(json, isJSON: false))
        #expect(throws: XDSError.self) { try SnapshotFile.json(yaml, isJSON: true) }
    }
}
