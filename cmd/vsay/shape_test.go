package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// standIns are the page's values that stand for somebody's own. One that ends
// in dots shows how the real one begins.
var standIns = []string{"user_id", "your_api_key_for_agents"}

// compare says where an answer differs from the one that is shown: in its keys,
// their types, or in a value that is meant literally.
func compare(at string, shown, got any) (differences []string) {
	switch shown := shown.(type) {
	case map[string]any:
		return compareKeys(at, shown, got)
	case []any:
		if _, ok := got.([]any); !ok {
			return []string{fmt.Sprintf("%s is %T and no list", at, got)}
		}
		return nil
	case string:
		text, ok := got.(string)
		begin, open := strings.CutSuffix(shown, "...")
		standIn := slices.Contains(standIns, shown)
		if !ok || text == "" || standIn && text == shown ||
			open && !strings.HasPrefix(text, begin) || !open && !standIn && text != shown {
			return []string{fmt.Sprintf("%s is %v and not like %q", at, got, shown)}
		}
		return nil
	}
	return []string{fmt.Sprintf("%s is shown as %T, which the test does not know", at, shown)}
}

func compareKeys(at string, shown map[string]any, got any) (differences []string) {
	object, ok := got.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is %T and no object", at, got)}
	}
	for key := range object {
		if _, ok := shown[key]; !ok {
			differences = append(differences, fmt.Sprintf("%s has a key %q that is not shown", at, key))
		}
	}
	for key, value := range shown {
		if _, ok := object[key]; !ok {
			differences = append(differences, fmt.Sprintf("%s lacks the key %q", at, key))
			continue
		}
		differences = append(differences, compare(at+"."+key, value, object[key])...)
	}
	return differences
}

func TestCompareNoticesDifferences(t *testing.T) {
	shown := map[string]any{"message": "Done", "token": "eyJ...", "user": map[string]any{"id": "user_id"}}
	answer := func(message, token, user any) any {
		return map[string]any{"message": message, "token": token, "user": user}
	}
	user := map[string]any{"id": "4711"}
	for _, c := range []struct {
		got  any
		same bool
	}{
		{answer("Done", "eyJhbG", user), true},
		{answer("done", "eyJhbG", user), false},
		{answer("Done", "abc", user), false},
		{answer("Done", "", user), false},
		{answer("Done", 1.0, user), false},
		{answer("Done", "eyJhbG", "4711"), false},
		{answer("Done", "eyJhbG", map[string]any{}), false},
		{answer("Done", "eyJhbG", map[string]any{"id": "user_id"}), false},
		{answer("Done", "eyJhbG", map[string]any{"id": "4711", "role": "admin"}), false},
		{[]any{}, false},
		{nil, false},
	} {
		if got := compare("answer", shown, c.got); (len(got) == 0) != c.same {
			t.Errorf("%v differs by %q, want the same: %t", c.got, got, c.same)
		}
	}
}
