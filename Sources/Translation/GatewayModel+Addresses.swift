import GatewayAPI
import Glibc

extension GatewayModel {
    /// Judges what holds for the whole Gateway: its parameters and addresses.
    mutating func judge(_ gateway: Gateway, options: TranslationOptions) {
        if let parameters = gateway.infrastructure?.parametersRef {
            notAccepted = .init(
                .invalidParameters,
                "spec.infrastructure.parametersRef: \(parameters.kind) \(parameters.name) says "
                    + "nothing that is known; remove the field")
        }
        for (index, address) in gateway.addresses.enumerated() {
            let path = "spec.addresses[\(index)]"
            guard address.type == .ipAddress else {
                notAccepted =
                    notAccepted
                    ?? .init(
                        .unsupportedAddress,
                        "\(path): addresses of type \(address.type) are not served; use IPAddress")
                continue
            }
            let value = address.value ?? ""
            if value.isEmpty {
                bind(options.bindAddress)
            } else if Self.isUsable(value) {
                bind(value)
            } else {
                unusableAddress =
                    unusableAddress
                    ?? .init(
                        .addressNotUsable,
                        "\(path): no proxy can listen at \(value); name an address of the "
                            + "machine that its proxies run on")
            }
        }
        if gateway.addresses.isEmpty { bind(options.bindAddress) }
    }

    private mutating func bind(_ address: String) {
        if !addresses.contains(address) { addresses.append(address) }
    }

    /// An address that a machine can have: neither of many, nor of none, nor one for documentation
    /// (RFC 5737, RFC 3849). Whether the machine has it, its proxy says.
    private static func isUsable(_ address: String) -> Bool {
        var four = in_addr()
        if inet_pton(AF_INET, address, &four) == 1 {
            let value = UInt32(bigEndian: four.s_addr)
            let first = value >> 24
            return value == 0
                || (first != 0 && first < 224 && !documentation.contains(value >> 8))
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { bytes in
            bytes[0] != 0xff && !bytes.starts(with: [0x20, 0x01, 0x0d, 0xb8])
        }
    }

    /// 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24.
    private static let documentation: Set<UInt32> = [0xc00002, 0xc63364, 0xcb0071]
}
