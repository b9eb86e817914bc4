package event

// DeliveryFailed is a receiver of the log's lines to which none get through.
type DeliveryFailed struct {
	Delivery string `json:"-" in:"target:delivery"`
	// Receiver is its scheme, host and port; the rest of its address may be secret.
	Receiver string `json:"receiver"`
	// Next is the seq of the first line that it has not acknowledged.
	Next uint64 `json:"next"`
	// Attempts is how many failed so far.
	Attempts int `json:"attempts"`
	// Status is the HTTP status that it answered, if it did.
	Status int    `json:"status,omitempty"`
	Reason string `json:"-" in:"reason"`
}

var deliveryFailed = Kind{
	Name: "delivery_fail", Level: Warning, Outcome: Failure,
	Says: "Log lines are not delivered; they are kept and sent later",
	Reasons: map[string]string{
		"unreachable": "Log lines are not delivered: the receiver cannot be reached, or hung up",
		"timeout":     "Log lines are not delivered: the receiver does not answer in time",
		"certificate": "Log lines are not delivered: the receiver's certificate is not one to trust",
		"refused":     "Log lines are not delivered: the receiver refuses them",
		"pruned":      "Log lines are not delivered any more: retention removed them before the receiver had them",
		"unreadable":  "Log lines are not delivered: this version cannot read one, which a newer one wrote",
	},
	Doc: "A delivery has failed three times in a row, or for ten seconds. It is written once, and the delivery goes on trying; no line is stepped over. With the reason pruned it goes on behind the lines that are gone.",
	New: func() Event { return DeliveryFailed{} },
}

// Kind is delivery_fail.
func (DeliveryFailed) Kind() *Kind { return &deliveryFailed }

func (e DeliveryFailed) about() About {
	return About{Subject: Nobody, Target: "delivery:" + e.Delivery, Reason: e.Reason}
}

// DeliveryRecovered is the end of that.
type DeliveryRecovered struct {
	Delivery string `json:"-" in:"target:delivery"`
	// Receiver is its scheme, host and port.
	Receiver string `json:"receiver"`
	// Next is the seq of the first line that it has not acknowledged.
	Next uint64 `json:"next"`
	// Behind is how many lines were waiting then.
	Behind uint64 `json:"behind"`
	// Seconds is how long nothing got through.
	Seconds int64 `json:"seconds"`
}

var deliveryRecovered = Kind{
	Name: "delivery_recovered", Level: Info, Outcome: Success,
	Says: "Log lines are delivered again",
	Doc:  "A delivery whose failing was written got lines through again. What had piled up follows.",
	New:  func() Event { return DeliveryRecovered{} },
}

// Kind is delivery_recovered.
func (DeliveryRecovered) Kind() *Kind { return &deliveryRecovered }

func (e DeliveryRecovered) about() About {
	return About{Subject: Nobody, Target: "delivery:" + e.Delivery}
}
