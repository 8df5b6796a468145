import JSONText

extension Report {
    func writeControl(to fields: inout JSONFields) {
        fields.append("kind", .string(kind.rawValue))
        fields.append("addresses", .array(addresses.map { .string("\($0)") }))
        fields.append("forgeable", .bool(isForgeable))
        fields.append("weight", .int(weight))
        fields.append("detail", .string(detail))
    }

    init(control fields: ControlFields) throws(ControlFailure) {
        try fields.only(["op", "kind", "addresses", "forgeable", "weight", "detail"])
        guard fields.node("forgeable") != nil else { throw ControlFields.failure("“forgeable” is missing") }
        self.init(
            try fields.choice("kind"), try fields.addresses("addresses", most: 8),
            isForgeable: try fields.bool("forgeable"), weight: try fields.optionalInt("weight", 1...10) ?? 1,
            detail: try fields.optionalText("detail", most: 800) ?? "")
    }
}
