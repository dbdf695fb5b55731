internal import CEnvoyAPI

/// The proto files of all messages of the subset and of the services given, for server reflection:
/// a file after those it imports, well-known types under the names they have everywhere.
///
/// The files have the published names and hold the fields of the subset.
///
/// - Parameter services: What the server offers. A method whose messages are not of the subset is
///   left out.
///
/// Complexity: O(messages); made once, when a server starts.
public func descriptorFiles(services: [ServiceDescription]) -> [DescriptorFile] {
    var files = DescriptorFiles()
    files.addMessages()
    files.addEnums()
    for service in services { files.add(service) }
    return files.inOrderOfImport()
}

/// Source: `google/protobuf/descriptor.proto`, for the numbers.
private struct DescriptorFiles {
    /// A file while it is put together.
    private struct File {
        var package: String
        var imports: Set<String> = []
        var symbols: [String] = []
        /// Fields of `FileDescriptorProto` that are made already.
        var content: [UInt8] = []
    }

    /// A message or an enum, and where it is declared.
    private struct Declaration {
        var name: String
        var package: String
        var file: String

        /// The full name of the message it lies in; nil at the top of a file.
        var parent: String? {
            let end = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[..<$0] } ?? ""
            return end == package || end.isEmpty ? nil : String(end)
        }
    }

    private var files: [String: File] = [:]
    /// The file of each message and enum.
    private var fileNames: [String: String] = [:]
    /// What lies in each message: fields `nested_type` and `enum_type` of `DescriptorProto`.
    private var nested: [String: [UInt8]] = [:]
    private let oneofs = Self.oneofNames()

    /// Adds every message, those that lie in others first.
    mutating func addMessages() {
        let rows = (0..<envoy_api_message_count).compactMap { envoy_api_message($0)?.pointee }
        let declarations = rows.compactMap { row -> (Declaration, ProtobufCMessageDescriptor)? in
            guard let descriptor = row.descriptor?.pointee else { return nil }
            return (
                Declaration(
                    name: String(cString: descriptor.name),
                    package: String(cString: descriptor.package_name),
                    file: String(cString: row.file)), descriptor
            )
        }
        for (declaration, _) in declarations { open(declaration) }
        addNestedEnums()
        for (declaration, descriptor) in declarations.sorted(by: Self.isDeeper) {
            let encoded = encode(descriptor, in: declaration.file)
            add(encoded, declaration, nestedField: 3, fileField: 4)
        }
    }

    private static func isDeeper(
        _ left: (Declaration, ProtobufCMessageDescriptor),
        _ right: (Declaration, ProtobufCMessageDescriptor)
    ) -> Bool {
        func depth(_ name: String) -> Int { name.utf8.count { $0 == UInt8(ascii: ".") } }
        let (leftDepth, rightDepth) = (depth(left.0.name), depth(right.0.name))
        return leftDepth == rightDepth ? left.0.name < right.0.name : leftDepth > rightDepth
    }

    /// Notes where a declaration stands.
    private mutating func open(_ declaration: Declaration) {
        fileNames[declaration.name] = declaration.file
        files[declaration.file, default: File(package: declaration.package)].symbols.append(
            declaration.name)
    }

    /// Puts a declaration into the message it lies in, or into its file.
    private mutating func add(
        _ encoded: [UInt8], _ declaration: Declaration, nestedField: UInt32, fileField: UInt32
    ) {
        if let parent = declaration.parent {
            nested[parent, default: []] += WireField.bytes(nestedField, encoded)
        } else {
            files[declaration.file]?.content += WireField.bytes(fileField, encoded)
        }
    }
}

extension DescriptorFiles {
    private static func enums() -> [(Declaration, ProtobufCEnumDescriptor)] {
        (0..<envoy_api_enum_count).compactMap { index in
            guard let row = envoy_api_enum(index)?.pointee, let type = row.descriptor?.pointee
            else { return nil }
            return (
                Declaration(
                    name: String(cString: type.name), package: String(cString: type.package_name),
                    file: String(cString: row.file)), type
            )
        }
    }

    private mutating func addNestedEnums() {
        for (declaration, type) in Self.enums() {
            open(declaration)
            guard declaration.parent != nil else { continue }
            add(Self.encode(type), declaration, nestedField: 4, fileField: 5)
        }
    }

    /// Adds the enums at the top of files.
    mutating func addEnums() {
        for (declaration, type) in Self.enums() where declaration.parent == nil {
            add(Self.encode(type), declaration, nestedField: 4, fileField: 5)
        }
    }

    /// `EnumDescriptorProto`; proto3 wants the value 0 first.
    private static func encode(_ type: ProtobufCEnumDescriptor) -> [UInt8] {
        var values = (0..<Int(type.n_values)).map { type.values[$0] }
        values.sort { ($0.value != 0 ? 1 : 0, $0.value) < ($1.value != 0 ? 1 : 0, $1.value) }
        var result = WireField.text(1, String(cString: type.short_name))
        for value in values {
            let number = UInt64(bitPattern: Int64(value.value))
            result += WireField.bytes(
                2, WireField.text(1, String(cString: value.name)) + WireField.number(2, number))
        }
        return result
    }

    /// The oneofs of each message, by its C name, in the order of their members in the struct.
    private static func oneofNames() -> [String: [String]] {
        var names: [String: [String]] = [:]
        for index in 0..<envoy_api_oneof_count {
            guard let row = envoy_api_oneof(index)?.pointee else { continue }
            names[String(cString: row.message), default: []].append(String(cString: row.name))
        }
        return names
    }

    /// `DescriptorProto`.
    private mutating func encode(
        _ descriptor: ProtobufCMessageDescriptor, in file: String
    ) -> [UInt8] {
        let fields = UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields))
        // The members of a oneof share the place that says which is set.
        let places = Set(fields.filter(\.isOfOneof).map(\.quantifier_offset)).sorted()
        let names = oneofs[String(cString: descriptor.c_name)] ?? []
        var result = WireField.text(1, String(cString: descriptor.short_name))
        for field in fields {
            let index = field.isOfOneof ? places.firstIndex(of: field.quantifier_offset) : nil
            result += WireField.bytes(2, encode(field, oneof: index, in: file))
        }
        result += nested[String(cString: descriptor.name)] ?? []
        if Self.isEntry(descriptor) { result += WireField.bytes(7, WireField.number(7, 1)) }
        for index in places.indices {
            let name = index < names.count ? names[index] : "oneof_\(index)"
            result += WireField.bytes(8, WireField.text(1, name))
        }
        return result
    }

    /// The message is the entry of a map of the message it lies in.
    private static func isEntry(_ descriptor: ProtobufCMessageDescriptor) -> Bool {
        let name = String(cString: descriptor.name)
        let parent = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) } ?? ""
        return DescriptorTable.descriptor(ofTypeURL: parent)?.fields.contains { field in
            guard let type = field.messageDescriptor, field.isMap else { return false }
            return String(cString: type.pointee.name) == name
        } ?? false
    }

    /// `FieldDescriptorProto`.
    private mutating func encode(
        _ field: ProtobufCFieldDescriptor, oneof: Int?, in file: String
    ) -> [UInt8] {
        let isRepeated = field.label == PROTOBUF_C_LABEL_REPEATED
        var result = WireField.text(1, String(cString: field.name))
        result += WireField.number(3, UInt64(field.id))
        result += WireField.number(4, isRepeated ? 3 : 1)
        result += WireField.number(5, field.publishedType)
        if let type = field.typeName {
            result += WireField.text(6, "." + type)
            if let declaredIn = fileNames[type], declaredIn != file {
                files[file]?.imports.insert(declaredIn)
            }
        }
        // The index 0 is written too: without it the field is of no oneof.
        if let oneof { result += [9 << 3, UInt8(oneof)] }
        return result + WireField.text(10, field.jsonName)
    }
}

extension DescriptorFiles {
    /// Adds a service, to the file that declares it or to a new one.
    mutating func add(_ service: ServiceDescription) {
        let parts = service.fullName.split(separator: ".").map(String.init)
        let package = parts.dropLast().joined(separator: ".")
        var file = files[service.file] ?? File(package: package)
        guard file.package == package, !file.symbols.contains(service.fullName) else { return }
        var result = WireField.text(1, parts.last ?? "")
        file.symbols.append(service.fullName)
        for method in service.methods {
            guard let input = fileNames[method.inputType],
                let output = fileNames[method.outputType]
            else { continue }
            file.imports.formUnion([input, output])
            file.symbols.append("\(service.fullName).\(method.name)")
            result += WireField.bytes(2, Self.encode(method))
        }
        file.imports.remove(service.file)
        file.content += WireField.bytes(6, result)
        files[service.file] = file
    }

    /// `MethodDescriptorProto`.
    private static func encode(_ method: ServiceDescription.Method) -> [UInt8] {
        WireField.text(1, method.name) + WireField.text(2, "." + method.inputType)
            + WireField.text(3, "." + method.outputType)
            + WireField.number(5, method.clientStreaming ? 1 : 0)
            + WireField.number(6, method.serverStreaming ? 1 : 0)
    }

    /// The files, each after those it imports; the published files import without a circle.
    func inOrderOfImport() -> [DescriptorFile] {
        var result: [DescriptorFile] = []
        var visited: Set<String> = []
        func visit(_ name: String) {
            guard visited.insert(name).inserted, let file = files[name] else { return }
            let imports = file.imports.sorted()
            imports.forEach(visit)
            var encoded = WireField.text(1, name) + WireField.text(2, file.package)
            for imported in imports { encoded += WireField.text(3, imported) }
            encoded += file.content + WireField.text(12, "proto3")
            result.append(
                DescriptorFile(
                    name: name, dependencies: imports, symbols: file.symbols.sorted(),
                    encoded: encoded))
        }
        files.keys.sorted().forEach(visit)
        return result
    }
}

extension ProtobufCFieldDescriptor {
    /// The field is of a oneof.
    fileprivate var isOfOneof: Bool { flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 }

    /// The full name of the message or enum it holds; nil for other types.
    fileprivate var typeName: String? {
        if let message = messageDescriptor { return String(cString: message.pointee.name) }
        guard type == PROTOBUF_C_TYPE_ENUM else { return nil }
        let type = descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
        return type.map { String(cString: $0.pointee.name) }
    }

    /// `FieldDescriptorProto.Type`.
    fileprivate var publishedType: UInt64 {
        switch type {
        case PROTOBUF_C_TYPE_DOUBLE: 1
        case PROTOBUF_C_TYPE_FLOAT: 2
        case PROTOBUF_C_TYPE_INT64: 3
        case PROTOBUF_C_TYPE_UINT64: 4
        case PROTOBUF_C_TYPE_INT32: 5
        case PROTOBUF_C_TYPE_FIXED64: 6
        case PROTOBUF_C_TYPE_FIXED32: 7
        case PROTOBUF_C_TYPE_BOOL: 8
        case PROTOBUF_C_TYPE_STRING: 9
        case PROTOBUF_C_TYPE_MESSAGE: 11
        case PROTOBUF_C_TYPE_BYTES: 12
        case PROTOBUF_C_TYPE_UINT32: 13
        case PROTOBUF_C_TYPE_ENUM: 14
        case PROTOBUF_C_TYPE_SFIXED32: 15
        case PROTOBUF_C_TYPE_SFIXED64: 16
        case PROTOBUF_C_TYPE_SINT32: 17
        case PROTOBUF_C_TYPE_SINT64: 18
        default: 0
        }
    }
}
