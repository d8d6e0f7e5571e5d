"""The outbox: what fills it, what empties it, what an operator may do with it."""

from dependency_injector import providers

from hexkey.application.outbox.delivering import DeliverMail, DeliverWebhooks
from hexkey.application.outbox.operating import (
    DropMessage,
    ListOutbox,
    ReadOutboxState,
    RetryMessage,
    ShowMessage,
)
from hexkey.application.outbox.preparing import PrepareMail
from hexkey.application.outbox.telling import Tell
from hexkey.application.webhooks import (
    AddWebhook,
    ListWebhooks,
    RemoveWebhook,
    ResealWebhookSecrets,
    TestWebhook,
)
from hexkey.entrypoints.adapter_catalog import Adapters
from hexkey.entrypoints.wiring.keys import KeyCases


class OutboxCases(KeyCases):
    """What leaves after the deed."""

    settings = Adapters.settings

    tell = providers.Factory(Tell, ids=Adapters.ids)
    prepare_mail = providers.Factory(
        PrepareMail,
        store=Adapters.store,
        secrets=Adapters.one_time_secrets,
        letters=Adapters.letter_writer,
        devices=Adapters.device_names,
        pages=settings.provided.account_pages,
    )
    deliver_mail = providers.Factory(
        DeliverMail,
        queue=Adapters.outbox_queue,
        arrivals=Adapters.arrivals,
        prepare=prepare_mail,
        sender=Adapters.mail_sender,
        ids=Adapters.ids,
        clock=Adapters.clock,
        dice=Adapters.dice,
    )
    deliver_webhooks = providers.Factory(
        DeliverWebhooks,
        queue=Adapters.outbox_queue,
        arrivals=Adapters.arrivals,
        endpoints=Adapters.webhook_endpoints,
        secrets=Adapters.webhook_secrets,
        sender=Adapters.webhook_sender,
        ids=Adapters.ids,
        clock=Adapters.clock,
        dice=Adapters.dice,
    )

    list_outbox = providers.Factory(ListOutbox, archive=Adapters.outbox_archive)
    show_message = providers.Factory(ShowMessage, archive=Adapters.outbox_archive)
    retry_message = providers.Factory(
        RetryMessage, archive=Adapters.outbox_archive, audit=KeyCases.audit, clock=Adapters.clock
    )
    drop_message = providers.Factory(
        DropMessage, archive=Adapters.outbox_archive, audit=KeyCases.audit, clock=Adapters.clock
    )
    read_outbox_state = providers.Factory(
        ReadOutboxState, archive=Adapters.outbox_archive, clock=Adapters.clock
    )

    add_webhook = providers.Factory(
        AddWebhook,
        endpoints=Adapters.webhook_endpoints,
        secrets=Adapters.webhook_secrets,
        ids=Adapters.ids,
        clock=Adapters.clock,
        loopback_allowed=settings.provided.in_development,
    )
    list_webhooks = providers.Factory(ListWebhooks, endpoints=Adapters.webhook_endpoints)
    remove_webhook = providers.Factory(
        RemoveWebhook,
        endpoints=Adapters.webhook_endpoints,
        audit=KeyCases.audit,
        clock=Adapters.clock,
    )
    test_webhook = providers.Factory(
        TestWebhook,
        endpoints=Adapters.webhook_endpoints,
        secrets=Adapters.webhook_secrets,
        sender=Adapters.webhook_sender,
        ids=Adapters.ids,
        clock=Adapters.clock,
    )
    reseal_webhook_secrets = providers.Factory(
        ResealWebhookSecrets, endpoints=Adapters.webhook_endpoints, secrets=Adapters.webhook_secrets
    )
