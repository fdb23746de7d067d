"""What of the catalogue is shown by tests of its own, and what is left out, with the reason."""

from msgspec import Struct


class LeftOut(Struct, frozen=True):
    id: str
    what: str
    why: str


_HERE = "tests/integration/bad_input"
_INTAKE = "tests/integration/intake"
_WEBHOOKS = "tests/integration/webhooks"
_UNIT = "tests/unit"

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "BI-027": (f"{_INTAKE}/test_bad_input.py::test_compressed_bomb_is_capped",),
    "BI-029": (
        f"{_HERE}/test_flips.py::test_parser_answers_any_flip",
        f"{_HERE}/test_flips.py::test_configuration_answers_any_flip",
        f"{_HERE}/test_flips.py::test_door_answers_any_flip",
        f"{_UNIT}/spec/test_parse_properties.py::test_any_content_is_answered",
        f"{_UNIT}/spec/test_parse_properties.py::test_one_changed_character_is_answered",
    ),
    "BI-086": (f"{_UNIT}/spec/test_parse.py::test_target_problems_are_named",),
    "BI-087": (
        f"{_INTAKE}/test_start.py::test_unknown_agent_lists_known",
        f"{_INTAKE}/test_start.py::test_agent_away_is_a_warning",
    ),
    "BI-089": (f"{_UNIT}/workload/test_swapping.py::test_missing_service_is_named",),
    "BI-090": (
        f"{_UNIT}/workload/test_sizes.py::test_any_full_weight_works",
        f"{_UNIT}/workload/test_sizes.py::test_pair_stays_within_one_more",
    ),
    "BI-102": (
        f"{_UNIT}/messages/test_subject.py::test_token_is_one_safe_token",
        f"{_UNIT}/messages/test_subject.py::test_encoded_token_belongs_to_one_name",
    ),
    "BI-105": (
        f"{_INTAKE}/test_routes.py::test_other_tenant_finds_nothing",
        f"{_INTAKE}/test_routes.py::test_foreign_id_is_not_found",
    ),
    "BI-106": (
        f"{_HERE}/test_tenants.py::test_equal_names_of_tenants_do_not_meet",
        f"{_UNIT}/messages/test_subject.py::test_token_tells_names_apart",
    ),
    "BI-107": (f"{_UNIT}/workload/test_convert.py::test_long_names_stay_within_limits",),
    "BI-109": (
        f"{_INTAKE}/test_start.py::test_other_body_conflicts",
        f"{_INTAKE}/test_routes.py::test_two_keys_are_refused",
        f"{_UNIT}/intake/test_acceptance.py::test_key_is_scoped",
    ),
    "BI-119": (f"{_UNIT}/templates/test_render.py::test_names_are_replaced_once",),
    "BI-120": (f"{_UNIT}/templates/test_render.py::test_long_results_are_refused",),
    "BI-123": (f"{_UNIT}/config/test_events.py::test_many_stars_stay_fast",),
    "BI-163": (f"{_UNIT}/runtime/test_connection.py::test_malformed_request_gets_a_document",),
    "BI-165": (
        f"{_INTAKE}/test_routes.py::test_wrong_query_is_refused",
        f"{_INTAKE}/test_routes.py::test_other_tenant_finds_nothing",
    ),
    "BI-167": (
        f"{_UNIT}/runtime/test_connection.py::test_half_a_request_is_let_go",
        f"{_UNIT}/runtime/test_connection.py::test_half_a_second_request_is_let_go",
        f"{_UNIT}/runtime/test_connection.py::test_bytes_now_and_then_do_not_help",
        f"{_UNIT}/runtime/test_connection.py::test_slow_but_steady_body_is_read",
    ),
    "BI-168": (f"{_HERE}/test_crowd.py::test_crowd_leaves_the_server_alive",),
    "BI-175": (
        f"{_UNIT}/runtime/test_connection.py::test_whoever_does_not_read_is_let_go",
        f"{_UNIT}/runtime/test_connection.py::test_slow_reader_gets_all",
    ),
    "BI-176": (f"{_INTAKE}/test_start.py::test_many_repeats_make_one",),
    "BI-177": (
        f"{_INTAKE}/test_decisions.py::test_refusal_is_a_conflict",
        f"{_INTAKE}/test_decisions.py::test_nothing_waits_is_said",
        f"{_INTAKE}/test_decisions.py::test_unknown_target_is_named",
        f"{_INTAKE}/test_decisions.py::test_target_never_begun_stays",
    ),
    "BI-206": (
        f"{_HERE}/test_webhooks.py::test_inward_address_is_not_called",
        f"{_HERE}/test_webhooks.py::test_name_of_an_inward_address_is_not_called",
        f"{_UNIT}/egress/test_addresses.py::test_inward_address_is_refused",
    ),
    "BI-207": (
        f"{_HERE}/test_webhooks.py::test_name_of_an_inward_address_is_not_called",
        f"{_HERE}/test_webhooks.py::test_name_is_looked_up_once_for_each_call",
        f"{_HERE}/test_webhooks.py::test_slow_name_ends_the_attempt",
        f"{_WEBHOOKS}/test_caller.py::test_unknown_name_is_tried_again",
    ),
    "BI-208": (
        f"{_HERE}/test_webhooks.py::test_no_redirect_of_a_post_is_followed",
        f"{_HERE}/test_webhooks.py::test_refresh_means_nothing",
        f"{_WEBHOOKS}/test_caller.py::test_redirects_end",
        f"{_WEBHOOKS}/test_caller.py::test_redirect_elsewhere_is_checked_and_bare",
    ),
    "BI-210": (
        f"{_HERE}/test_webhooks.py::test_any_body_leaves_the_status_to_count",
        f"{_HERE}/test_webhooks.py::test_any_body_is_shown_short_and_plain",
        f"{_WEBHOOKS}/test_caller.py::test_huge_body_is_not_read",
    ),
    "BI-211": (
        f"{_HERE}/test_webhooks.py::test_dripping_answer_ends_the_attempt",
        f"{_WEBHOOKS}/test_caller.py::test_silence_ends_the_attempt",
    ),
    "BI-212": (f"{_WEBHOOKS}/test_caller.py::test_unknown_certificate_is_refused",),
    "BI-214": (
        f"{_INTAKE}/test_callbacks.py::test_forged_address_is_not_there",
        f"{_INTAKE}/test_callbacks.py::test_second_callback_is_a_conflict",
        f"{_INTAKE}/test_callbacks.py::test_step_may_be_over",
        f"{_INTAKE}/test_callbacks.py::test_stranger_is_refused",
        f"{_UNIT}/auth/test_callbacks.py::test_forged_token_names_nothing",
    ),
    "BI-215": (
        f"{_INTAKE}/test_callbacks.py::test_bad_body_is_told",
        f"{_INTAKE}/test_callbacks.py::test_large_body_is_refused",
    ),
    "BI-216": (
        f"{_WEBHOOKS}/test_round.py::test_job_may_call_back_before_it_answers",
        f"{_WEBHOOKS}/test_round.py::test_many_callbacks_at_once_count_once",
        f"{_UNIT}/webhook/test_machine.py::test_callback_delivered_again_is_no_second_one",
    ),
    "BI-219": (f"{_WEBHOOKS}/test_service.py::test_production_does_not_call_itself",),
    "BI-280": (
        f"{_UNIT}/cli/test_submission.py::test_special_file_is_not_opened",
        f"{_UNIT}/cli/test_submission.py::test_every_special_manifest_is_told_and_none_opened",
    ),
    "BI-282": (
        f"{_UNIT}/cli/test_output.py::test_no_text_commands_the_terminal",
        f"{_UNIT}/cli/test_app.py::test_servers_words_do_not_command_the_terminal",
        f"{_UNIT}/cli/test_tree.py::test_names_are_not_markup",
    ),
    "BI-283": (
        f"{_HERE}/test_surroundings.py::test_odd_surroundings_change_no_verdict",
        f"{_HERE}/test_surroundings.py::test_nobody_who_reads_ends_it_quietly",
        f"{_HERE}/test_surroundings.py::test_closed_streams_end_it_with_a_code",
        f"{_INTAKE}/test_cli.py::test_interruption_says_how_to_go_on",
        f"{_INTAKE}/test_cli.py::test_deaf_job_is_interrupted",
    ),
    "BI-284": (f"{_UNIT}/cli/test_options.py::test_broken_token_is_told",),
    "BI-286": (
        f"{_UNIT}/runtime/test_http.py::test_taken_port_names_the_setting",
        f"{_UNIT}/cli/test_ports.py::test_nothing_starts_beside_a_taken_port",
        f"{_UNIT}/cli/test_layout.py::test_unusable_folder_is_named",
        f"{_HERE}/test_surroundings.py::test_odd_surroundings_change_no_verdict",
        f"{_UNIT}/auth/test_keys.py::test_start_waits_a_second_for_its_issuer",
    ),
    "BI-287": (f"{_UNIT}/auth/test_tokens.py::test_wrong_claim_is_refused",),
}

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(
        "BI-027", "refusing every packed body", "gzip and deflate are unpacked up to the size that a body may have"
    ),
    LeftOut("BI-029", "a hundred thousand flips", "a thousand on the parser and two hundred on a door fit the minute"),
    LeftOut("BI-085", "strategies that refer to each other", "a strategy refers to no other"),
    LeftOut("BI-091", "interval against a step's time-out, lookback 0", "an analysis has neither"),
    LeftOut(
        "BI-093",
        "n of m approvals",
        "refused by name until a release has it; an empty list warns, as the file's rules say",
    ),
    LeftOut(
        "BI-094", "constraints that can never hold together", "no constraint names a time, so none contradicts another"
    ),
    LeftOut("BI-095", "deployment windows, cron, time zones", "the file has none"),
    LeftOut("BI-118", "escaping of values in a body that is JSON", "values go in raw, as users of the original expect"),
    LeftOut("BI-122", "expressions and their fuel", "there is no expression language: a limit is a number"),
    LeftOut(
        "BI-123", "users' regular expressions", "nothing takes one; patterns of events are the only thing that matches"
    ),
    LeftOut(
        "BI-168", "ten thousand connections, a thousand large bodies", "two hundred and fifty, on a shared machine"
    ),
    LeftOut("BI-173", "a form sent with a session's cookie", "there are no cookies: every request carries its token"),
    LeftOut(
        "BI-206",
        "refusal when the file is handed in",
        "which networks may be called is a setting of who calls, not of intake",
    ),
    LeftOut(
        "BI-212", "expired, revoked, of another host, TLS 1.0", "judged by the TLS library before any code of ours"
    ),
    LeftOut("BI-218", "inbound signatures", "a callback carries a token of ours, no signature of a stranger's"),
    LeftOut(
        "BI-219", "a counter in a header", "our own addresses are not called unless a setting allows their network"
    ),
    LeftOut("BI-280", "unreadable files", "whoever runs the tests may be root, who reads everything"),
    LeftOut(
        "BI-284", "refusing a token in an argument", "--token is part of the contract; a variable and a file do as well"
    ),
    LeftOut(
        "BI-284",
        "a warning at a readable token file",
        "mounted secrets are readable by default, and a warning each time is noise",
    ),
    LeftOut(
        "BI-286", "a process without any name server", "names are looked up when something is called, and tried again"
    ),
    LeftOut(
        "BI-287",
        "a refusal at the start",
        "tokens from a future are refused one by one, by a clock that is behind as well",
    ),
)
